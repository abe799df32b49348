import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const g07: DrillCase = pushed("G07", "wrong payloadType", "drill", [
  trial(one({ says: { payloadType: "application/json" } }), refuse("dsse-payload-type")),
]);

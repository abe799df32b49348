import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const g04: DrillCase = pushed("G04", "payload changed after signing", "production", [
  trial(one({ says: { payload: "changed" } }), refuse("signature")),
]);

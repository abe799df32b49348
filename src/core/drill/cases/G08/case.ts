import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const g08: DrillCase = pushed("G08", "payload not parseable", "drill", [
  trial(one({ says: { payload: "not-json" } }), refuse("json-syntax")),
]);

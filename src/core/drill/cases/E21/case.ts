import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e21: DrillCase = pushed("E21", "garbage entry body", "production", [
  trial(one({ entries: [{ body: "garbage" }] }), refuse("entry-body-mismatch", "json-syntax")),
]);

import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e01: DrillCase = pushed("E01", "no log entry", "production", [
  trial(one({ entries: [] }), refuse("entry-missing")),
]);

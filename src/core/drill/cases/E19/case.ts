import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e19: DrillCase = pushed("E19", "wrong entry type", "drill", [
  trial(one({ entries: [{ shownKind: "dsse" }] }), refuse("entry-kind-mismatch"), "differs"),
  trial(one({ entries: [{ shownKind: "notes" }] }), refuse("entry-kind-unsupported", "entry-kind-mismatch"), "unknown"),
]);

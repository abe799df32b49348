import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e07: DrillCase = pushed("E07", "entry of another artifact", "production", [
  trial(one({ entries: [{ body: "other-artifact" }] }), refuse("entry-body-mismatch")),
]);

import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const g05: DrillCase = pushed("G05", "digest right, other algorithm empty", "drill", [
  trial(one({ says: { about: "other-algorithm" } }), refuse("subject-mismatch")),
]);

import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const g02: DrillCase = pushed("G02", "copied bundle", "production", [
  trial(one({ says: { about: "other" } }), refuse("subject-mismatch")),
]);

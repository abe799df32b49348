import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const g06: DrillCase = pushed("G06", "many subjects", "drill", [
  trial(one({ says: { about: "last-of-many" } }), refuse("statement-type", "too-many-subjects")),
]);

import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const g03: DrillCase = pushed("G03", "fallback tag lists a foreign manifest", "production", [
  trial(one({ place: "fallback-of-other" }, { image: { registry: "fallback" } }), refuse("subject-mismatch")),
]);

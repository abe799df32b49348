import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const h09: DrillCase = pushed("H09", "artifactType claims bundle, layer is 40 MB", "production", [
  trial(one({ bytes: "large" }), refuse("too-large")),
]);

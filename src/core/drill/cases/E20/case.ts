import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e20: DrillCase = pushed("E20", "SET only, `proof: inclusion`", "production", [
  trial(one({ form: "0.1", entries: [{ log: "rekor1", proof: "none" }], stamps: [] }), refuse("proof-missing")),
]);

import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e14: DrillCase = pushed("E14", "log index mismatch", "production", [
  trial(one({ entries: [{ index: "other" }] }), refuse("log-index-mismatch"), "differs"),
  trial(one({ entries: [{ index: "negative" }] }), refuse("int"), "negative"),
  trial(one({ entries: [{ index: "beyond" }] }), refuse("proof-index"), "beyond the tree"),
]);

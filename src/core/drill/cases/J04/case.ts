import { pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { published } from "../../good.ts";

export const j04: DrillCase = pushed("J04", "Notation: unknown critical header; plugin demanded", "drill", [
  trial(published({ header: "unknown" }), refuse("notation-critical-attribute"), "header"),
  trial(published({ header: "plugin" }), refuse("notation-plugin-required"), "plugin"),
]);

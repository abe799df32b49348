import { pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { published } from "../../good.ts";

export const j01: DrillCase = pushed("J01", "Notation: DN of another OU", "drill", [
  trial(published({ unit: "Support" }), refuse("notation-identity")),
]);

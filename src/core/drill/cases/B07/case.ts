import { pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const b07: DrillCase = pushed("B07", "SBOM tag only", "production", [
  trial({ evidence: [], image: { sbomTag: true } }, refuse("no-signature")),
]);

import { pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { attestedBy, SPDX } from "../../good.ts";

export const b10: DrillCase = pushed("B10", "zero attestations, exit code", "production", [
  trial({ evidence: [], ask: { require: attestedBy(SPDX) } }, refuse("no-attestation")),
]);

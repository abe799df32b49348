import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { attestedBy, signedBy, SPDX } from "../../good.ts";

export const b09: DrillCase = pushed("B09", "signature only, SBOM required", "drill", [
  trial(one({}, { ask: { require: { op: "all", of: [signedBy(), attestedBy(SPDX)] } } }), refuse("no-attestation")),
]);

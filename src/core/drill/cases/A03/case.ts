import { pushed, trial, ADMIT, type DrillCase } from "../../drill-case.ts";
import { attested, attestedBy, signedBy, SPDX, SLSA } from "../../good.ts";

export const a03: DrillCase = pushed("A03", "good attestation set", "drill", [
  trial(
    {
      evidence: [{}, { says: attested(SPDX) }, { says: attested(SLSA) }],
      ask: { require: { op: "all", of: [signedBy(), attestedBy(SPDX), attestedBy(SLSA)] } },
    },
    ADMIT,
  ),
]);

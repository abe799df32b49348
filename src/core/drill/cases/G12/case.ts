import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { uri, attested, attestedBy, DRILL_SAN, SPDX } from "../../good.ts";

export const g12: DrillCase = pushed("G12", "attestation good, no plain check", "drill", [
  trial(
    one(
      { says: attested(SPDX), leaf: { names: [uri(DRILL_SAN.replace("builder", "scanner"))] } },
      { ask: { require: attestedBy(SPDX) } },
    ),
    refuse("no-attestation"),
  ),
]);

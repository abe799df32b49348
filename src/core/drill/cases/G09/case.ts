import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { attested, attestedBy, SPDX, VULN } from "../../good.ts";

export const g09: DrillCase = pushed("G09", "wrong predicate type", "drill", [
  trial(
    one({ says: attested(VULN) }, { ask: { require: attestedBy(SPDX) } }),
    refuse("predicate-type-mismatch"),
    "another",
  ),
  trial(
    one({ says: attested(`${SPDX}/v2`) }, { ask: { require: attestedBy(SPDX) } }),
    refuse("predicate-type-mismatch"),
    "suffix",
  ),
]);

import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { DRILL_ISSUER } from "../../good.ts";

export const c21: DrillCase = pushed("C21", "trailing slash issuer", "drill", [
  trial(one({ leaf: { issuerV1: `${DRILL_ISSUER}/`, issuerV2: `${DRILL_ISSUER}/` } }), refuse("issuer-mismatch")),
]);

import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const c17: DrillCase = pushed("C17", "no issuer extension", "drill", [
  trial(one({ leaf: { issuerV1: "absent", issuerV2: "absent" } }), refuse("issuer-mismatch", "issuer-missing")),
]);

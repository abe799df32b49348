import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { DRILL_SAN } from "../../good.ts";

export const c13: DrillCase = pushed("C13", "SAN of another type", "drill", [
  trial(one({ leaf: { names: [{ type: "email", value: DRILL_SAN }] } }), refuse("identity-mismatch"), "email"),
  trial(one({ leaf: { names: [{ type: "dns", value: DRILL_SAN }] } }), refuse("san-count", "identity-mismatch"), "dns"),
]);

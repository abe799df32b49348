import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { uri, DRILL_SAN } from "../../good.ts";

export const c10: DrillCase = pushed("C10", "dot segments", "drill", [
  trial(
    one({ leaf: { names: [uri(DRILL_SAN.replace("payments-prod", "x/../payments-prod"))] } }),
    refuse("identity-mismatch"),
  ),
]);

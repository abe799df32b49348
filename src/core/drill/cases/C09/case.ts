import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { uri, DRILL_SAN } from "../../good.ts";

export const c09: DrillCase = pushed("C09", "percent-encoded", "drill", [
  trial(
    one({ leaf: { names: [uri(DRILL_SAN.replace("payments-prod", "payments%2Dprod"))] } }),
    refuse("identity-mismatch"),
  ),
]);

import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { uri, DRILL_SAN } from "../../good.ts";

export const c02: DrillCase = pushed("C02", "wrong namespace", "production", [
  trial(
    one({ leaf: { names: [uri(DRILL_SAN.replace("payments-prod", "payments-dev"))] } }),
    refuse("identity-mismatch"),
  ),
]);

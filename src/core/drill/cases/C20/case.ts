import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { uri, DRILL_SAN } from "../../good.ts";

export const c20: DrillCase = pushed("C20", "identity in subject DN only", "drill", [
  trial(
    one({ leaf: { subject: DRILL_SAN, names: [uri(DRILL_SAN.replace("builder", "deployer"))] } }),
    refuse("identity-mismatch"),
  ),
]);

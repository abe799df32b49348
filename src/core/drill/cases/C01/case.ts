import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { uri, DRILL_SAN } from "../../good.ts";

export const c01: DrillCase = pushed("C01", "wrong service account", "production", [
  trial(one({ leaf: { names: [uri(DRILL_SAN.replace("builder", "deployer"))] } }), refuse("identity-mismatch")),
]);

import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { uri, DRILL_SAN } from "../../good.ts";

export const c15: DrillCase = pushed("C15", "two SANs", "drill", [
  trial(
    one({ leaf: { names: [uri(DRILL_SAN.replace("builder", "deployer")), uri(DRILL_SAN)] } }),
    refuse("san-count"),
    "good last",
  ),
  trial(
    one({ leaf: { names: [uri(DRILL_SAN), uri(DRILL_SAN.replace("builder", "deployer"))] } }),
    refuse("san-count"),
    "good first",
  ),
]);

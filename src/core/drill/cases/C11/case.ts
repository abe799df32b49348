import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { uri, DRILL_SAN } from "../../good.ts";

export const c11: DrillCase = pushed("C11", "upper-case host, default port", "drill", [
  trial(
    one({ leaf: { names: [uri(DRILL_SAN.replace("https://kubernetes.io", "HTTPS://Kubernetes.IO:443"))] } }),
    refuse("identity-mismatch"),
  ),
]);

import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const d07: DrillCase = pushed("D07", "path length, name constraint broken", "drill", [
  trial(
    one({ form: "0.2", leaf: { ca: "below" }, chain: "below" }),
    refuse("cert-unknown-issuer", "cert-signature"),
    "path length",
  ),
  trial(
    one({ form: "0.2", leaf: { ca: "constrained" }, chain: "below" }),
    refuse("cert-unknown-issuer", "cert-critical-ext"),
    "name constraint",
  ),
]);

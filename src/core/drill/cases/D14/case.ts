import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const d14: DrillCase = pushed("D14", "zero signature", "drill", [
  trial(one({ signature: "zero" }), refuse("signature"), "r = s = 0"),
  trial(one({ signature: "r-is-order" }), refuse("signature"), "r = n"),
  trial(one({ signature: "s-is-order" }), refuse("signature"), "s = n"),
  trial(one({ signature: "long-integer" }), refuse("signature"), "non-minimal DER"),
]);

import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const g13: DrillCase = pushed("G13", "two DSSE signatures", "drill", [
  trial(one({ bytes: "two-signatures" }), refuse("dsse-signature-count")),
]);

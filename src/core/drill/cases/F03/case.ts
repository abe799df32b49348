import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const f03: DrillCase = pushed("F03", "TSA leaf swapped", "drill", [
  trial(one({ stamps: [{ tsa: "lax-swapped" }] }), refuse("tst-chain")),
]);

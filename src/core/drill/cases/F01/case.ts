import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const f01: DrillCase = pushed("F01", "TSA outside its certificate period", "drill", [
  trial(one({ stamps: [{ tsa: "ended" }] }), refuse("tst-authority-expired")),
]);

import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const f02: DrillCase = pushed("F02", "TSA chain foreign", "production", [
  trial(one({ stamps: [{ tsa: "foreign" }] }), refuse("tst-unknown-authority")),
]);

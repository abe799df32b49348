import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const f05: DrillCase = pushed("F05", "TSA EKU not critical / not timeStamping", "drill", [
  trial(one({ stamps: [{ tsa: "lax-uncritical" }] }), refuse("tst-eku"), "not critical"),
  trial(one({ stamps: [{ tsa: "lax-purpose" }] }), refuse("tst-eku"), "another purpose"),
]);

import { pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const b01: DrillCase = pushed("B01", "unsigned", "production", [
  trial({ evidence: [] }, refuse("no-signature")),
]);

import { reviewed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const b06: DrillCase = reviewed("B06", "unmatched registry", "production", [
  trial({ evidence: [{}], reference: ({ elsewhere }) => elsewhere }, refuse("no-family")),
]);

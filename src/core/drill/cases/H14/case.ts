import { served, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const h14: DrillCase = served("H14", "token realm elsewhere", "production", [
  trial({ evidence: [{}], lie: "realm" }, refuse("registry-refused")),
]);

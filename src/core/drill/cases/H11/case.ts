import { served, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const h11: DrillCase = served("H11", "body never ends, 1 byte/s", "production", [
  trial({ evidence: [{}], lie: "trickle" }, refuse("registry-unreachable", "deadline")),
]);

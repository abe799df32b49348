import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const f06: DrillCase = pushed("F06", "no time at all", "production", [
  trial(one({ stamps: [] }), refuse("time-missing")),
]);

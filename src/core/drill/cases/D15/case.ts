import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { instant } from "../../good.ts";

export const d15: DrillCase = pushed("D15", "key outside its own period", "drill", [
  trial(
    one(
      { at: "2025-11-09T12:00:00Z" },
      { ask: { managedKey: { from: instant("2025-01-01T00:00:00Z"), to: instant("2025-06-30T00:00:00Z") } } },
    ),
    refuse("key-not-valid-at-time"),
  ),
]);

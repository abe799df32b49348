import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { instant } from "../../good.ts";

export const f08: DrillCase = pushed("F08", "too old", "drill", [
  trial(
    one({ at: "2025-11-10T12:00:00Z" }, { ask: { time: { maxAgeMs: 30 * 86_400_000 } } }),
    refuse("age-exceeded"),
    "maxAge",
  ),
  trial(
    one({ at: "2025-11-10T12:00:00Z" }, { ask: { time: { notBefore: instant("2025-12-01T00:00:00Z") } } }),
    refuse("signed-too-early"),
    "notBefore",
  ),
]);

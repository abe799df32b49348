import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { attested, attestedBy, VULN } from "../../good.ts";

export const g17: DrillCase = pushed("G17", "stale scan", "drill", [
  trial(
    one(
      {
        at: "2025-11-10T12:00:00Z",
        says: attested(VULN, {
          metadata: { scanStartedOn: "2025-11-10T11:58:00Z", scanFinishedOn: "2025-11-10T11:59:00Z" },
        }),
      },
      { ask: { require: { ...attestedBy(VULN), maxAgeMs: 7 * 86_400_000 } } },
    ),
    refuse("predicate-stale"),
  ),
]);

import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e06: DrillCase = pushed("E06", "time in future", "drill", [
  trial(
    one({ entries: [{ log: "rekor1", promisedMs: 24 * 3_600_000 }], stamps: [] }),
    refuse("cert-not-valid-at-time"),
  ),
]);

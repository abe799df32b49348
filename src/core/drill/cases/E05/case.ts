import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e05: DrillCase = pushed("E05", "backdated consistently", "drill", [
  trial(
    one({
      leaf: { fromMs: -12 * 3_600_000, lifetimeMs: 24 * 3_600_000 },
      entries: [{ log: "rekor1", promisedMs: -6 * 3_600_000 }],
    }),
    refuse("time-disagree"),
  ),
]);

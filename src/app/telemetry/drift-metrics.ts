import type { OwnedDrift } from "../../core/policy/drift/owner.ts";
import type { UnixMs } from "../../core/time.ts";
import type { MetricFamily } from "./exposition.ts";

/** How far the policy and those who sign have drifted apart, as last found (product chapter §4.5). */
export type DriftMetrics = {
  readonly found: (drift: OwnedDrift, at: UnixMs) => void;
  readonly families: () => readonly MetricFamily[];
};

export function driftMetrics(): DriftMetrics {
  let last: { readonly drift: OwnedDrift; readonly at: UnixMs } | undefined;
  return {
    found: (drift, at) => void (last = { drift, at }),
    families: () => {
      // Not looked yet is no zero.
      if (!last) return [];
      const { drift, at } = last;
      const unlisted = drift.findings.filter(({ kind }) => kind === "missing").length;
      const directions = [
        { labels: { direction: "unused" }, value: drift.findings.length - unlisted },
        { labels: { direction: "unlisted" }, value: unlisted },
        { labels: { direction: "undecided" }, value: drift.gaps.length },
      ];
      return [
        {
          name: "policy_drift",
          type: "gauge",
          help: "Identities that are allowed and not used or not there; that sign and are not allowed; that could not be judged.",
          samples: directions,
        },
        {
          name: "policy_drift_timestamp_seconds",
          type: "gauge",
          help: "When the policy was last held against the store.",
          samples: [{ value: at / 1000 }],
        },
      ];
    },
  };
}

import type { ReviewVerdict } from "../../core/policy/review-verdict.ts";
import type { AdmissionRequest } from "../../core/admission/review.ts";
import type { MetricFamily, Sample } from "../telemetry/exposition.ts";

/** What the webhook counts (trust-policy chapter §5.6). Labels come from code and policy, never from a request. */
export type WebhookMetrics = {
  readonly admitted: (request: AdmissionRequest, outcome: Admitted, seconds: number) => void;
  readonly malformed: () => void;
  readonly families: (gauges: WebhookGauges) => readonly MetricFamily[];
};

export type Admitted = { readonly verdict: ReviewVerdict; readonly cached: boolean };

/** What is read at the moment of a scrape. */
export type WebhookGauges = {
  readonly cacheEntries: number;
  readonly cacheBytes: number;
  readonly inflightBytes: number;
  readonly policyRevision: number | undefined;
  readonly policyLoadFailed: boolean;
  readonly certificateExpirySeconds: number;
  /** By trust domain, 1 for a root that has expired. */
  readonly rootExpired: Readonly<Record<string, number>>;
};

/** Upper bounds in seconds, 1 ms to 10 s. */
const BUCKETS: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** A policy has few families and a verdict few codes; whatever is beyond this many is counted without them. */
const SERIES_MAX = 1_000;
const KINDS: ReadonlySet<string> = new Set(
  "Pod Deployment StatefulSet DaemonSet ReplicaSet Job CronJob ReplicationController PodTemplate DeploymentConfig".split(
    " ",
  ),
);

/** Counters of one process. */
export function webhookMetrics(): WebhookMetrics {
  const requests = tally();
  const images = tally();
  const hits = tally();
  const refused = tally();
  const timings = { true: histogram(), false: histogram() };
  return {
    malformed: () => refused.add({}),
    admitted: ({ operation, kind }, { verdict, cached }, seconds) => {
      const outcome = verdict.allowed ? (verdict.mode === "audit" ? "audited" : "allowed") : "denied";
      requests.add({ operation, kind: KINDS.has(kind.kind) ? kind.kind : "other", outcome });
      for (const image of verdict.images) {
        images.add({ family: image.family ?? "", outcome: image.outcome, code: image.code });
      }
      hits.add({ result: cached ? "hit" : "miss" });
      timings[cached ? "true" : "false"].add(seconds);
    },
    families: (gauges) => [
      counter("admission_requests", "Reviews by what was asked and what was answered.", requests.samples()),
      counter("admission_malformed", "Reviews that could not be read; each was refused.", refused.samples()),
      counter("image_verdicts", "Verdicts on images.", images.samples()),
      counter("cache_hits", "Reviews answered from memory alone, and those that were not.", hits.samples()),
      {
        name: "admission_duration_seconds",
        type: "histogram",
        help: "From the request to the answer, by whether the network was needed.",
        samples: (["true", "false"] as const).flatMap((cache) => timings[cache].samples({ cache })),
      },
      ...gaugesOf(gauges),
    ],
  };
}

function gaugesOf(gauges: WebhookGauges): readonly MetricFamily[] {
  const roots = Object.entries(gauges.rootExpired).map(([root, value]) => ({ labels: { root }, value }));
  return [
    gauge("cache_entries", "Verdicts in memory.", gauges.cacheEntries),
    gauge("cache_bytes", "Memory that verdicts take.", gauges.cacheBytes),
    gauge("inflight_bytes", "Bodies being read.", gauges.inflightBytes),
    gauge("policy_revision", "Of the policy in force; 0 where it has none.", gauges.policyRevision ?? 0),
    gauge("policy_load_failed", "1 while the newest policy could not be loaded.", gauges.policyLoadFailed ? 1 : 0),
    gauge("cert_expiry_seconds", "Until the serving certificate ends.", gauges.certificateExpirySeconds),
    { name: "trustroot_expired", type: "gauge", help: "1 for a trusted root that has expired.", samples: roots },
  ];
}

function counter(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { name, type: "counter", help, samples };
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, type: "gauge", help, samples: [{ value }] };
}

type Labels = Readonly<Record<string, string>>;

function tally(): { readonly add: (labels: Labels) => void; readonly samples: () => readonly Sample[] } {
  const counts = new Map<string, { readonly labels: Labels; value: number }>();
  return {
    add: (labels) => {
      const key = JSON.stringify(labels);
      const counted = counts.get(key);
      if (counted) counted.value += 1;
      else if (counts.size < SERIES_MAX) counts.set(key, { labels, value: 1 });
    },
    samples: () => [...counts.values()].map(({ labels, value }) => ({ labels, value })),
  };
}

function histogram(): {
  readonly add: (seconds: number) => void;
  readonly samples: (labels: Labels) => readonly Sample[];
} {
  const below = BUCKETS.map(() => 0);
  let count = 0;
  let sum = 0;
  return {
    add: (seconds) => {
      count += 1;
      sum += seconds;
      const first = BUCKETS.findIndex((bound) => seconds <= bound);
      if (first >= 0) below[first] = (below[first] ?? 0) + 1;
    },
    samples: (labels) => {
      let total = 0;
      const buckets = BUCKETS.map((bound, i) => {
        total += below[i] ?? 0;
        return { suffix: "_bucket", labels: { ...labels, le: String(bound) }, value: total } as const;
      });
      return [
        ...buckets,
        { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: count },
        { suffix: "_sum", labels, value: sum },
        { suffix: "_count", labels, value: count },
      ];
    },
  };
}

import { resultOf, type ReverifiedImage } from "../../core/admission/reverified.ts";
import type { UnixMs } from "../../core/time.ts";
import type { MetricFamily, Sample } from "./exposition.ts";

export type ReverifyRound = {
  readonly cluster: string;
  readonly at: UnixMs;
  readonly judged: readonly ReverifiedImage[];
  /** Reports and events that could not be written. */
  readonly failed: number;
  /** The pods of the cluster are not watched: what was judged is what ran when they last were. */
  readonly isUnwatched: boolean;
};

/** What the background verification says to Prometheus: the newest round of each cluster. */
export type ReverifyMetrics = {
  readonly round: (round: ReverifyRound) => void;
  readonly families: () => readonly MetricFamily[];
};

/** Families times outcomes times codes are few; more would be a policy of a thousand families. */
const SERIES_MAX = 1_000;

export function reverifyMetrics(): ReverifyMetrics {
  const rounds = new Map<string, ReverifyRound>();
  return {
    round: (round) => void rounds.set(round.cluster, round),
    families: () => {
      const all = [...rounds.values()];
      const each = (value: (round: ReverifyRound) => number): readonly Sample[] =>
        all.map((round) => ({ labels: { cluster: round.cluster }, value: value(round) }));
      return [
        gauge(
          "running_images",
          "Images that run, by what the policy in force says of them.",
          all.flatMap(verdictSamples).slice(0, SERIES_MAX),
        ),
        gauge(
          "reverify_timestamp_seconds",
          "When all that runs had last been judged again.",
          each(({ at }) => at / 1000),
        ),
        gauge(
          "reverify_unwatched",
          "1 while the pods of a cluster are not watched, so that what is judged may run no more.",
          each(({ isUnwatched }) => (isUnwatched ? 1 : 0)),
        ),
        gauge(
          "policy_reports_unpublished",
          "Reports and events of the last round that could not be written.",
          each(({ failed }) => failed),
        ),
      ];
    },
  };
}

function verdictSamples({ cluster, judged }: ReverifyRound): readonly Sample[] {
  const groups = Map.groupBy(judged, (image) =>
    JSON.stringify({ cluster, family: image.verdict.family ?? "", result: resultOf(image), code: image.verdict.code }),
  );
  return [...groups].map(([labels, images]) => ({ labels: JSON.parse(labels), value: images.length }));
}

function gauge(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { name, type: "gauge", help, samples };
}

import type { Seen } from "../correlate/world.ts";
import type { Pod, PodContainer } from "../pipelines/pod.ts";
import type { UnixMs } from "../time.ts";

/** One container of one pod, for history. */
export type PodContainerRef = { readonly pod: Seen<Pod>; readonly container: PodContainer };

/**
 * What ran at an instant: `start <= at < end`. `possible` holds what may have: containers of pods that vanished between
 * their last sight and their absence, and containers whose start nobody reported.
 */
export function ranAt(
  pods: readonly Seen<Pod>[],
  at: UnixMs,
): { readonly certain: readonly PodContainerRef[]; readonly possible: readonly PodContainerRef[] } {
  const certain: PodContainerRef[] = [];
  const possible: PodContainerRef[] = [];
  for (const pod of pods) {
    for (const container of pod.value.containers) {
      const answer = ranWhen(pod, container, at);
      if (answer === "certain") certain.push({ pod, container });
      if (answer === "possible") possible.push({ pod, container });
    }
  }
  return { certain, possible };
}

function ranWhen(pod: Seen<Pod>, { startedAt, finishedAt }: PodContainer, at: UnixMs): "certain" | "possible" | "no" {
  const earliest = startedAt ?? pod.value.startedAt ?? pod.value.meta.createdAt;
  const latest = finishedAt ?? pod.goneBy;
  if (earliest === undefined || at < earliest || (latest !== undefined && at >= latest)) return "no";
  // Without a reported end the pod may have ended any time after it was last seen.
  const wasSeen = latest === undefined || finishedAt !== undefined || at <= pod.observedAt;
  return startedAt !== undefined && wasSeen ? "certain" : "possible";
}

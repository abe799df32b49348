import { looksLikePolicy } from "./policy-words.ts";

/** Kinds that say nothing of trust, of signing or of who may use what, and that nothing else here is read from. */
const KINDS = [
  "Deployment",
  "StatefulSet",
  "DaemonSet",
  "Service",
  "Ingress",
  "Route",
  "HorizontalPodAutoscaler",
  "PodDisruptionBudget",
  "PersistentVolumeClaim",
  "ServiceMonitor",
] as const;
const PLAIN_KIND = new RegExp(String.raw`^kind: (?:${KINDS.join("|")})\r?$`, "gm");

/**
 * Whether a text is seen, without being parsed, to hold plain workloads alone: every mention of a kind is one of theirs, at
 * the beginning of a line, and none of the words of policies or an escape is there. Most files of most repositories are.
 */
export function arePlainWorkloads(text: string): boolean {
  const plain = text.match(PLAIN_KIND)?.length ?? 0;
  return plain > 0 && plain === (text.match(/kind/gi)?.length ?? 0) && !looksLikePolicy(text);
}

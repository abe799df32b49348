import { readFields, type ObjectNote } from "./field-reader.ts";
import { readObjectMeta, type ObjectMeta } from "./object-meta.ts";

/** An owner in the chain above a pod: of any kind, only its place in the chain matters. */
export type Workload = { readonly kind: string; readonly meta: ObjectMeta; readonly notes: readonly ObjectNote[] };

/** Where an API server keeps the built-in owners of pods, `group/plural`. */
export const WORKLOAD_RESOURCES = [
  "apps/replicasets",
  "apps/deployments",
  "apps/statefulsets",
  "apps/daemonsets",
  "batch/jobs",
  "batch/cronjobs",
] as const;

/** Reads ReplicaSet, Deployment, Job, CronJob and any custom controller alike. Never throws. */
export function readWorkload(object: unknown): Workload {
  const notes: ObjectNote[] = [];
  const workload = readFields(object, notes);
  return { kind: workload.text("kind") ?? "", meta: readObjectMeta(workload), notes };
}

import type { ClusterStore, ObjectFilter, StoredObject, WatchGap } from "../../ports/cluster-store.ts";

/** A ClusterStore in memory, for tests and for what is thrown away. */
export function virtualClusterStore(): ClusterStore {
  const objects = new Map<string, StoredObject>();
  const positions = new Map<string, string>();
  const gaps: WatchGap[] = [];
  const openIndex = (cluster: string, resource: string): number =>
    gaps.findIndex((gap) => gap.cluster === cluster && gap.resource === resource && gap.until === undefined);

  const select = ({ resource, cluster, live, seenSince, seenUntil }: ObjectFilter): readonly StoredObject[] =>
    [...objects.values()]
      .filter(
        (object) =>
          object.resource === resource &&
          (cluster === undefined || object.cluster === cluster) &&
          (live !== true || object.end === undefined) &&
          (seenSince === undefined || object.end === undefined || object.lastSeen >= seenSince) &&
          (seenUntil === undefined || object.firstSeen <= seenUntil),
      )
      .toSorted((a, b) => a.firstSeen - b.firstSeen);

  return {
    commit: async ({ cluster, resource, resourceVersion, upserts }) => {
      for (const object of upserts) {
        const key = `${object.cluster}\n${object.uid}`;
        const known = objects.get(key);
        objects.set(key, known ? { ...object, firstSeen: known.firstSeen } : object);
      }
      positions.set(`${cluster}\n${resource}`, resourceVersion);
    },
    resourceVersion: async (cluster, resource) => positions.get(`${cluster}\n${resource}`),
    objects: async (filter) => select(filter),
    convert: async (filter, convert) => select(filter).map(convert),
    object: async (cluster, uid) => objects.get(`${cluster}\n${uid}`),
    openGap: async (gap) => {
      if (openIndex(gap.cluster, gap.resource) < 0) gaps.push(gap);
    },
    closeGap: async (cluster, resource, until) => {
      const at = openIndex(cluster, resource);
      const gap = gaps[at];
      if (gap) gaps[at] = { ...gap, until };
    },
    gaps: async () => gaps.toSorted((a, b) => a.since - b.since),
  };
}

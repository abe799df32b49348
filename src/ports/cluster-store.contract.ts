import { describe, expect, test } from "vitest";
import type { UnixMs } from "../core/time.ts";
import type { ClusterBatch, ClusterStore, StoredObject } from "./cluster-store.ts";

const T0 = 1_790_000_000_000 as UnixMs;
const after = (ms: number): UnixMs => (T0 + ms) as UnixMs;
const RUNS = "tekton.dev/taskruns";

/** An object of a cluster, for tests of stores; `change` overrides what matters. */
export function storedObject(uid: string, change: Partial<StoredObject> = {}): StoredObject {
  return {
    cluster: "prod-eu",
    resource: RUNS,
    uid,
    namespace: "payments",
    name: `run-${uid}`,
    object: {
      apiVersion: "tekton.dev/v1",
      kind: "TaskRun",
      metadata: { uid, name: `run-${uid}` },
      spec: { ü: [1, null] },
    },
    firstSeen: T0,
    lastSeen: after(1000),
    ...change,
  };
}

/** What every ClusterStore does. `reopen` is there when the store outlives its process. */
export function clusterStoreContract(
  name: string,
  make: () => { readonly store: ClusterStore; readonly reopen?: () => ClusterStore },
): void {
  describe(`ClusterStore: ${name}`, () => {
    test("an empty store knows nothing", async () => {
      const { store } = make();
      expect(await store.resourceVersion("prod-eu", RUNS)).toBeUndefined();
      expect(await store.objects({ resource: RUNS })).toEqual([]);
      expect(await store.object("prod-eu", "a")).toBeUndefined();
      expect(await store.gaps()).toEqual([]);
    });

    test("commit keeps objects and position, also across a restart", async () => {
      const { store, reopen } = make();
      await store.commit(batch("17", [storedObject("a"), storedObject("b", { firstSeen: after(5) })]));
      const again = reopen?.() ?? store;
      expect(await again.resourceVersion("prod-eu", RUNS)).toBe("17");
      expect(await again.objects({ resource: RUNS })).toEqual([
        storedObject("a"),
        storedObject("b", { firstSeen: after(5) }),
      ]);
      expect(await again.object("prod-eu", "a")).toEqual(storedObject("a"));
    });

    test("a position without objects moves too", async () => {
      const { store } = make();
      await store.commit(batch("17", []));
      await store.commit(batch("18", []));
      expect(await store.resourceVersion("prod-eu", RUNS)).toBe("18");
    });

    test("positions of clusters and of resources are apart", async () => {
      const { store } = make();
      await store.commit(batch("17", []));
      expect(await store.resourceVersion("prod-eu", "pods")).toBeUndefined();
      expect(await store.resourceVersion("staging", RUNS)).toBeUndefined();
    });

    test("an object seen again is replaced and keeps when it was first seen", async () => {
      const { store } = make();
      await store.commit(batch("1", [storedObject("a")]));
      const gone = storedObject("a", {
        firstSeen: after(9000),
        lastSeen: after(9000),
        end: { kind: "deleted", goneBy: after(9000) },
      });
      await store.commit(batch("2", [gone]));
      expect(await store.objects({ resource: RUNS })).toEqual([{ ...gone, firstSeen: T0 }]);
    });

    test("converts the same objects as it lists, in their order", async () => {
      const { store } = make();
      await store.commit(
        batch("1", [storedObject("b", { firstSeen: after(2) }), storedObject("a", { firstSeen: after(1) })]),
      );
      const filter = { resource: RUNS };
      const listed = (await store.objects(filter)).map(({ uid, lastSeen }) => `${uid} ${lastSeen}`);
      expect(await store.convert(filter, ({ uid, lastSeen }) => `${uid} ${lastSeen}`)).toEqual(listed);
      expect(listed.map((item) => item.split(" ")[0])).toEqual(["a", "b"]);
    });

    test("the same uid in two clusters is two objects", async () => {
      const { store } = make();
      await store.commit(batch("1", [storedObject("a")]));
      await store.commit({ ...batch("1", [storedObject("a", { cluster: "staging" })]), cluster: "staging" });
      expect(await store.objects({ resource: RUNS, cluster: "staging" })).toEqual([
        storedObject("a", { cluster: "staging" }),
      ]);
      expect(await store.objects({ resource: RUNS })).toHaveLength(2);
    });

    test("filters by what lives and by when it was seen", async () => {
      const { store } = make();
      const gone = storedObject("b", {
        end: { kind: "gone-between", goneBy: after(5000) },
        firstSeen: after(100),
        lastSeen: after(200),
      });
      await store.commit(batch("1", [storedObject("a"), gone]));
      const uids = async (filter: object) => (await store.objects({ resource: RUNS, ...filter })).map(({ uid }) => uid);
      expect(await uids({ live: true })).toEqual(["a"]);
      expect(await uids({ seenSince: after(200) })).toEqual(["a", "b"]);
      expect(await uids({ seenSince: after(201) })).toEqual(["a"]);
      expect(await uids({ seenSince: after(900_000) })).toEqual(["a"]);
      expect(await uids({ seenUntil: T0 })).toEqual(["a"]);
      expect(await uids({ seenUntil: (T0 - 1) as UnixMs })).toEqual([]);
      expect(await store.objects({ resource: "pods" })).toEqual([]);
    });

    test("a gap opens once, closes once, and stays in the record", async () => {
      const { store } = make();
      const gap = { cluster: "prod-eu", resource: RUNS, since: T0, reason: "the watch was closed" };
      await store.openGap(gap);
      await store.openGap({ ...gap, since: after(50) });
      expect(await store.gaps()).toEqual([gap]);
      await store.closeGap("prod-eu", "pods", after(70));
      await store.closeGap("prod-eu", RUNS, after(80));
      await store.closeGap("prod-eu", RUNS, after(90));
      expect(await store.gaps()).toEqual([{ ...gap, until: after(80) }]);
      await store.openGap({ ...gap, since: after(100) });
      expect(await store.gaps()).toHaveLength(2);
    });
  });
}

function batch(resourceVersion: string, upserts: readonly StoredObject[], resource = RUNS): ClusterBatch {
  return { cluster: "prod-eu", resource, resourceVersion, upserts };
}

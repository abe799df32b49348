import { expect, test } from "vitest";
import { virtualClusterStore } from "../../adapters/virtual/cluster-store.ts";
import { Fault } from "../../core/fault.ts";
import type { UnixMs } from "../../core/time.ts";
import type { StoredObject } from "../../ports/cluster-store.ts";
import type { ArchivedRun, RunArchive } from "../../ports/run-archive.ts";
import { backfillRuns } from "./backfill-runs.ts";

const NOW = 1_790_000_000_000 as UnixMs;
const SINCE = (NOW - 3_600_000) as UnixMs;
const RUNS = "tekton.dev/taskruns";
const never = new AbortController().signal;

test("keeps runs that came and went, and the last state of those that vanished; the watch's own word stays", async () => {
  const store = await storeWith([
    stored("vanished", { kind: "gone-between", goneBy: NOW }),
    stored("deleted", { kind: "deleted", goneBy: NOW }),
    stored("live"),
  ]);
  const archived = ["new", "vanished", "deleted", "live"].map((name) => run(name, "archived"));
  expect(
    await fill(
      store,
      answering([...archived, { ...run("p", "archived"), object: { ...run("p", "").object, kind: "PipelineRun" } }]),
    ),
  ).toBe(true);
  const states = await store.convert(
    { resource: RUNS },
    ({ name, object, end }) => `${name} ${String(object["spec"])} ${end?.kind ?? "live"}`,
  );
  expect(states.toSorted()).toEqual([
    "deleted watched deleted",
    "live watched live",
    "new archived gone-between",
    "vanished archived gone-between",
  ]);
  expect(await store.resourceVersion("prod-eu", RUNS)).toBe("7");
});

test("asks from a day before on, in each namespace once", async () => {
  const asked: unknown[] = [];
  await fill(await storeWith([]), { runs: (query) => (asked.push(query), answering([]).runs(query, never)) });
  expect(asked).toEqual([{ namespace: "ci", since: SINCE - 86_400_000 }]);
});

test("an archive that does not answer covers nothing; a fault of the store flies", async () => {
  const broken: RunArchive = answering([run("a", "x"), new Fault("cluster.unreachable", "results")]);
  expect(await fill(await storeWith([]), broken)).toBe(false);
  const store = await storeWith([]);
  const full = { ...store, commit: async () => Promise.reject(new Fault("store.read-only", "disk")) };
  await expect(fill(full, answering([run("a", "x")]))).rejects.toMatchObject({ id: "store.read-only" });
});

function fill(store: ReturnType<typeof virtualClusterStore>, archive: RunArchive): Promise<boolean> {
  const clock = { now: () => NOW, sleep: async () => undefined };
  return backfillRuns({ archive, store, clock })({ cluster: "prod-eu", resource: RUNS, since: SINCE }, never);
}

async function storeWith(runs: readonly StoredObject[]) {
  const store = virtualClusterStore();
  const namespace = { ...stored("ci"), resource: "namespaces" };
  await store.commit({ cluster: "prod-eu", resource: "namespaces", resourceVersion: "1", upserts: [namespace] });
  await store.commit({ cluster: "prod-eu", resource: RUNS, resourceVersion: "7", upserts: runs });
  return store;
}

function run(name: string, spec: string): ArchivedRun {
  const object = { apiVersion: "tekton.dev/v1", kind: "TaskRun", metadata: { uid: name, name, namespace: "ci" }, spec };
  return { object, updatedAt: SINCE };
}

function stored(name: string, end?: StoredObject["end"]): StoredObject {
  const { object } = run(name, "watched");
  return {
    cluster: "prod-eu",
    resource: RUNS,
    uid: name,
    namespace: "ci",
    name,
    object,
    firstSeen: SINCE,
    lastSeen: SINCE,
    ...(end && { end }),
  };
}

function answering(runs: readonly (ArchivedRun | Fault)[]): RunArchive {
  return {
    runs: async function* answer() {
      for (const one of runs) {
        if (one instanceof Fault) throw one;
        yield one;
      }
    },
  };
}

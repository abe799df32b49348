import { describe, expect, test } from "vitest";
import { Fault } from "../../core/fault.ts";
import type { UnixMs } from "../../core/time.ts";
import type { Cluster, ClusterEvent, ClusterObject } from "../../ports/cluster.ts";
import { TASK_RUNS } from "../../ports/cluster.contract.ts";
import type { ClusterStore } from "../../ports/cluster-store.ts";
import { virtualClusterStore } from "../../adapters/virtual/cluster-store.ts";
import { watchCluster, watchResource } from "./watch-cluster.ts";

const RUNS = "tekton.dev/taskruns";
const T0 = 1_790_000_000_000;
const FOREVER = new AbortController().signal;

describe("watchResource", () => {
  test("lists first, then watches from there; objects and version move together", async () => {
    const { round, store } = start([
      { items: [run("a")], resourceVersion: "10" },
      [added("b", "11"), deleted("a", "12"), { kind: "bookmark", resourceVersion: "15" }],
    ]);
    expect(await round()).toMatchObject({ outcome: "listed", kept: 1 });
    expect(await store.resourceVersion("prod-eu", RUNS)).toBe("10");
    expect(await round()).toMatchObject({ outcome: "ended", kept: 2 });
    expect(await store.resourceVersion("prod-eu", RUNS)).toBe("15");
    expect(await states(store)).toEqual({ a: "deleted", b: "live" });
  });

  test("what came before the first list is a gap that is over", async () => {
    const { round, store } = start([{ items: [], resourceVersion: "10" }]);
    await round();
    expect(await store.gaps()).toEqual([
      { cluster: "prod-eu", resource: RUNS, since: 0, until: T0 + 1, reason: "before watching began" },
    ]);
  });

  test("after 410 it lists, marks what vanished as gone between, and records the gap", async () => {
    const { round, store } = start([
      { items: [run("a"), run("b")], resourceVersion: "10" },
      [{ kind: "gone" }],
      { items: [run("b"), run("c")], resourceVersion: "90" },
    ]);
    await round();
    expect((await round()).outcome).toBe("gone");
    expect(await store.resourceVersion("prod-eu", RUNS)).toBe("10");
    expect((await round()).outcome).toBe("listed");
    expect(await states(store)).toEqual({ a: "gone-between", b: "live", c: "live" });
    expect((await store.gaps()).at(-1)).toMatchObject({
      reason: "the version of the last watch was gone",
      since: T0 + 1,
    });
  });

  test("a relist after 410 leaves the store as a fresh list would", async () => {
    const relisted = start([
      { items: [run("a"), run("b")], resourceVersion: "10" },
      [{ kind: "gone" }],
      { items: [run("b", { changed: true }), run("c")], resourceVersion: "90" },
    ]);
    for (let i = 0; i < 3; i++) await relisted.round(); // oxlint-disable-line no-await-in-loop -- in order
    const fresh = start([{ items: [run("b", { changed: true }), run("c")], resourceVersion: "90" }]);
    await fresh.round();
    expect(await live(relisted.store)).toEqual(await live(fresh.store));
  });

  test.each([
    ["covers it", true, true],
    ["does not", false, false],
  ])("after 410 an archive that %s", async (_, answer, isHealed) => {
    const { ports, store } = start([
      { items: [], resourceVersion: "10" },
      [{ kind: "gone" }],
      { items: [], resourceVersion: "20" },
    ]);
    const asked: unknown[] = [];
    const backfill = async (missed: unknown): Promise<boolean> => asked.push(missed) > 0 && answer;
    const watch = watchResource({ ...ports, backfill });
    for (let i = 0; i < 3; i++) await watch(TASK_RUNS, FOREVER); // oxlint-disable-line no-await-in-loop -- one round after the other
    const [before, last] = await store.gaps();
    // What was before watching began no archive covers: it is younger.
    expect(before?.until).toBeGreaterThan(before?.since ?? 0);
    expect([last?.until === last?.since, asked.at(-1)]).toEqual([
      isHealed,
      { cluster: "prod-eu", resource: RUNS, since: last?.since },
    ]);
  });

  test("a lost connection opens a gap; going on from the same version heals it", async () => {
    const { round, store } = start([
      { items: [], resourceVersion: "10" },
      new Fault("cluster.unreachable", "prod-eu"),
      new Fault("cluster.unreachable", "prod-eu"),
      [added("a", "11")],
    ]);
    await round();
    expect(await round()).toMatchObject({ outcome: "failed", detail: "cluster.unreachable: prod-eu" });
    await round();
    expect((await store.gaps()).at(-1)).toEqual({
      cluster: "prod-eu",
      resource: RUNS,
      since: T0 + 1,
      reason: "cluster.unreachable",
    });
    await round();
    expect((await store.gaps()).at(-1)).toMatchObject({ since: T0 + 1, until: T0 + 1 });
    expect(await states(store)).toEqual({ a: "live" });
  });

  test("what came before a broken stream is kept", async () => {
    const { round, store } = start([
      { items: [], resourceVersion: "10" },
      [added("a", "11"), new Fault("cluster.unreachable", "x")],
    ]);
    await round();
    expect((await round()).outcome).toBe("failed");
    expect(await store.resourceVersion("prod-eu", RUNS)).toBe("11");
  });

  test("a resource that the server does not know is a gap", async () => {
    const { round, store } = start(["absent"]);
    expect((await round()).outcome).toBe("absent");
    expect(await store.gaps()).toMatchObject([{ since: 0, reason: "the API server does not serve it" }]);
  });

  test("a fault of the store flies", async () => {
    const { ports } = start([{ items: [], resourceVersion: "10" }]);
    const full: ClusterStore = {
      ...ports.store,
      commit: async () => Promise.reject(new Fault("store.read-only", "disk")),
    };
    await expect(watchResource({ ...ports, store: full })(TASK_RUNS, FOREVER)).rejects.toMatchObject({
      id: "store.read-only",
    });
  });

  test("copies of the object inside itself are not kept", async () => {
    const metadata = {
      managedFields: [{}],
      annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}", kept: "1" },
    };
    const { round, store } = start([{ items: [run("a", {}, metadata)], resourceVersion: "10" }]);
    await round();
    expect((await store.object("prod-eu", "a"))?.object.metadata).toEqual({
      uid: "a",
      name: "a",
      namespace: "payments",
      annotations: { kept: "1" },
    });
  });
});

test("watchCluster waits longer after each failure, and stops when told", async () => {
  const stop = new AbortController();
  const waits: number[] = [];
  const failures = Array.from({ length: 7 }, () => new Fault("cluster.unreachable", "prod-eu"));
  const { ports } = start([...failures, { items: [], resourceVersion: "1" }, [added("a", "2")]]);
  const clock = { now: ports.clock.now, sleep: async (ms: number) => void waits.push(ms) };
  const outcomes: string[] = [];
  const watching = watchCluster(
    { ...ports, clock },
    {
      resources: [TASK_RUNS],
      onReport: ({ outcome }) => {
        outcomes.push(outcome);
        if (outcome === "ended") stop.abort();
      },
    },
  );
  await watching(stop.signal);
  expect(waits).toEqual([750, 1500, 3000, 6000, 12_000, 22_500, 22_500]);
  expect(outcomes.slice(-2)).toEqual(["listed", "ended"]);
});

type Step = { items: ClusterObject[]; resourceVersion: string } | (ClusterEvent | Fault)[] | Fault | "absent";

/** A cluster that answers each call with the next step. */
function scripted(steps: Step[]): Cluster {
  const next = (): Step => steps.shift() ?? new Fault("cluster.unreachable", "the script is over");
  return {
    name: "prod-eu",
    list: async () => {
      const step = next();
      if (step instanceof Fault) throw step;
      return step === "absent" || Array.isArray(step) ? undefined : step;
    },
    watch: async function* watch() {
      const step = next();
      if (step instanceof Fault) throw step;
      for (const event of Array.isArray(step) ? step : []) {
        if (event instanceof Fault) throw event;
        yield event;
      }
    },
  };
}

function start(steps: Step[]) {
  const store = virtualClusterStore();
  let now = T0;
  const clock = { now: () => (now += 1) as UnixMs, sleep: async () => undefined };
  const ports = {
    cluster: scripted(steps),
    store,
    clock,
    random: { bytes: (length: number) => new Uint8Array(length) },
  };
  const watch = watchResource(ports);
  return { ports, store, round: async () => watch(TASK_RUNS, FOREVER) };
}

function run(name: string, spec: object = {}, metadata: object = {}): ClusterObject {
  return {
    apiVersion: "tekton.dev/v1",
    kind: "TaskRun",
    metadata: { uid: name, name, namespace: "payments", ...metadata },
    spec,
  };
}

function added(name: string, resourceVersion: string): ClusterEvent {
  return { kind: "added", object: run(name), resourceVersion };
}

function deleted(name: string, resourceVersion: string): ClusterEvent {
  return { kind: "deleted", object: run(name), resourceVersion };
}

async function states(store: ClusterStore): Promise<Record<string, string>> {
  const objects = await store.objects({ resource: RUNS });
  return Object.fromEntries(objects.map(({ name, end }) => [name, end?.kind ?? "live"]));
}

async function live(store: ClusterStore): Promise<readonly ClusterObject[]> {
  return (await store.objects({ resource: RUNS, live: true })).map(({ object }) => object);
}

/* oxlint-disable no-await-in-loop -- what is tested here is the order of calls */
import { describe, expect, test } from "vitest";
import type { Cluster, ClusterEvent, ClusterResource } from "./cluster.ts";

/** What the test can do to the cluster behind the port. Names are in namespace `payments`. */
export type ClusterControl = {
  readonly create: (name: string) => void;
  readonly touch: (name: string) => void;
  readonly remove: (name: string) => void;
  readonly compact: () => void;
  readonly bookmark: () => void;
  /** Ends all watches in good order. */
  readonly end: () => void;
  /** How many watches are open. */
  readonly watches: () => number;
};

export const TASK_RUNS: ClusterResource = { group: "tekton.dev", version: "v1", plural: "taskruns" };
const ABSENT: ClusterResource = { group: "absent.example", version: "v1", plural: "things" };
const FOREVER: AbortSignal = new AbortController().signal;

/** What every Cluster does. */
export function clusterContract(
  name: string,
  make: () => Promise<{ readonly cluster: Cluster; readonly control: ClusterControl }>,
): void {
  describe(`Cluster: ${name}`, () => {
    test("lists objects whole, over more than one page", async () => {
      const { cluster, control } = await make();
      const names = Array.from({ length: 1201 }, (_, i) => `run-${String(i).padStart(4, "0")}`);
      for (const run of names) control.create(run);
      const list = await cluster.list(TASK_RUNS, FOREVER);
      expect(list?.items.map(({ metadata }) => metadata["name"])).toEqual(names);
      expect(list?.items[0]).toMatchObject({
        apiVersion: "tekton.dev/v1",
        kind: "TaskRun",
        metadata: { namespace: "payments" },
      });
      expect(list?.resourceVersion).not.toBe("");
    });

    test("an empty list is not an absent resource", async () => {
      const { cluster } = await make();
      expect((await cluster.list(TASK_RUNS, FOREVER))?.items).toEqual([]);
      expect(await cluster.list(ABSENT, FOREVER)).toBeUndefined();
    });

    test("a watch goes on where the list ended, and ends when the server says so", async () => {
      const { cluster, control } = await make();
      control.create("a");
      const version = (await cluster.list(TASK_RUNS, FOREVER))?.resourceVersion ?? "";
      control.touch("a");
      control.create("b");
      control.remove("a");
      const events = await takeUntilEnd(cluster, control, version);
      expect(events.map(shown)).toEqual(["modified a", "added b", "deleted a", "bookmark"]);
      expect(events.map((event) => "resourceVersion" in event && event.resourceVersion !== "")).not.toContain(false);
    });

    test("events of a watch carry versions that a new watch goes on from", async () => {
      const { cluster, control } = await make();
      const version = (await cluster.list(TASK_RUNS, FOREVER))?.resourceVersion ?? "";
      control.create("a");
      control.create("b");
      const [first] = await takeUntilEnd(cluster, control, version);
      const from = first?.kind === "added" ? first.resourceVersion : "";
      expect((await takeUntilEnd(cluster, control, from)).map(shown)).toEqual(["added b", "bookmark"]);
    });

    test("a version that is too old is gone", async () => {
      const { cluster, control } = await make();
      const version = (await cluster.list(TASK_RUNS, FOREVER))?.resourceVersion ?? "";
      control.create("a");
      control.compact();
      expect(await collect(cluster.watch(TASK_RUNS, version, FOREVER))).toEqual([{ kind: "gone" }]);
    });

    test("the signal ends a watch", async () => {
      const { cluster, control } = await make();
      const stop = new AbortController();
      const version = (await cluster.list(TASK_RUNS, FOREVER))?.resourceVersion ?? "";
      control.create("a");
      const watch = cluster.watch(TASK_RUNS, version, stop.signal)[Symbol.asyncIterator]();
      expect((await watch.next()).done).toBe(false);
      stop.abort(new Error("told to stop"));
      await expect(watch.next()).rejects.toThrow("told to stop");
    });
  });
}

/** Reads a watch until the bookmark that the server sends before it ends; the end is asked for at the first event. */
async function takeUntilEnd(
  cluster: Cluster,
  control: ClusterControl,
  version: string,
): Promise<readonly ClusterEvent[]> {
  const events: ClusterEvent[] = [];
  for await (const event of cluster.watch(TASK_RUNS, version, FOREVER)) {
    if (events.length === 0) control.end();
    events.push(event);
  }
  return events;
}

/** All that a stream gives, once it has ended. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

function shown(event: ClusterEvent): string {
  return "object" in event ? `${event.kind} ${String(event.object.metadata["name"])}` : event.kind;
}

import { describe, expect, test } from "vitest";
import { AT, DIGEST } from "../../../test/setup/admit-world.ts";
import { faultSwitch } from "../../../test/setup/failing.ts";
import type { ReverifiedImage } from "../../core/admission/reverified.ts";
import type { FaultId } from "../../core/fault.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import type { ClusterObject } from "../../ports/cluster.ts";
import type { ClusterWriter, ObjectName, WrittenObject } from "../../ports/cluster-writer.ts";
import { publishReports, type PublishReports } from "./publish-reports.ts";

const never = new AbortController().signal;
const CLUSTER_FAULTS: readonly FaultId[] = ["cluster.unreachable", "cluster.forbidden", "cluster.malformed"];

function judged(outcome: "satisfied" | "denied", change: { readonly at?: UnixMs; readonly namespace?: string } = {}) {
  const { at = AT, namespace = "payments" } = change;
  const workload = { apiVersion: "apps/v1", kind: "Deployment", name: "api", uid: "u-1", containers: ["app"] };
  const given = "registry.example/payments/api:1";
  const place = { path: "spec.containers[0].image", container: "app", given, canonical: given };
  const code = outcome === "denied" ? "no-signature" : "satisfied";
  const image: ReverifiedImage = {
    running: { cluster: "prod", namespace, given, repository: given, digests: [DIGEST], workloads: [workload] },
    verdict: { ...place, digest: DIGEST, family: "payments", outcome, code, trust: [] },
    mode: "enforce",
    at,
    policy: "production r17",
    needs: "signature by builder",
  };
  return image;
}

type Cluster = {
  readonly writer: ClusterWriter;
  readonly objects: Map<string, WrittenObject>;
  readonly writes: () => number;
};

function keyOf(plural: string, { namespace, name }: ObjectName): string {
  return `${plural}/${namespace}/${name}`;
}

/** A cluster that serves some resources and keeps what is written. */
function clusterOf(served: readonly string[]): Cluster {
  const objects = new Map<string, WrittenObject>();
  let writes = 0;
  return {
    objects,
    writes: () => writes,
    writer: {
      name: "prod",
      labelled: async ({ plural }) =>
        served.includes(plural)
          ? [...objects]
              .filter(([key]) => key.startsWith(`${plural}/`))
              .map(([, object]): ClusterObject => ({ ...object }))
          : undefined,
      apply: async ({ plural }, object) => {
        writes += 1;
        objects.set(keyOf(plural, object.metadata), object);
        return "written";
      },
      create: async ({ plural }, object) => {
        writes += 1;
        const key = keyOf(plural, object.metadata);
        if (objects.has(key)) return "exists";
        objects.set(key, object);
        return "created";
      },
      remove: async ({ plural }, object) => {
        writes += 1;
        objects.delete(keyOf(plural, object));
      },
    },
  };
}

function publisherOf({ writer }: Pick<Cluster, "writer">, now: () => UnixMs = () => AT): PublishReports {
  return publishReports({ writer, clock: { now } });
}

const REPORT = "policyreports/payments/countersign-running-images";

describe("publishReports", () => {
  test("writes a report and an event, and nothing twice", async () => {
    const cluster = clusterOf(["policyreports"]);
    const publish = publisherOf(cluster);
    const first = await publish.namespace("payments", [judged("denied")], never);
    expect(first).toEqual({ kind: "wgpolicyk8s.io", written: 1, removed: 0, events: 1, failed: [] });
    const again = await publish.namespace("payments", [judged("denied")], never);
    expect(again).toMatchObject({ written: 0, events: 0 });
    expect(cluster.writes()).toBe(2);
    expect(cluster.objects.get(REPORT)).toMatchObject({ summary: { fail: 1 } });
  });

  test("a restart writes no second event in ten minutes, and one when the verdict is repeated later", async () => {
    const cluster = clusterOf(["policyreports"]);
    await publisherOf(cluster).namespace("payments", [judged("denied")], never);
    expect(await publisherOf(cluster).namespace("payments", [judged("denied")], never)).toMatchObject({ events: 0 });
    const later = addMs(AT, 6 * 3_600_000);
    const publish = publisherOf(cluster, () => later);
    expect(await publish.namespace("payments", [judged("denied", { at: later })], never)).toMatchObject({ events: 1 });
  });

  test.each([
    [["policyreports", "reports"], "wgpolicyk8s.io"],
    [["reports"], "openreports.io"],
    [[], undefined],
  ])("where %j are served, reports are of %s, and events are told all the same", async (served, kind) => {
    const cluster = clusterOf(served);
    const published = await publisherOf(cluster).namespace("payments", [judged("denied")], never);
    expect(published).toMatchObject({ kind, written: kind === undefined ? 0 : 1, events: 1 });
  });

  test("finds a kind of report that is installed later", async () => {
    let now = AT;
    const served: string[] = [];
    const cluster = clusterOf(served);
    const publish = publisherOf(cluster, () => now);
    await publish.namespace("payments", [judged("satisfied")], never);
    served.push("policyreports");
    expect(await publish.namespace("payments", [judged("satisfied")], never)).toMatchObject({ written: 0 });
    now = addMs(AT, 300_000);
    expect(await publish.namespace("payments", [judged("satisfied")], never)).toMatchObject({ written: 1 });
  });

  test("removes what an earlier run left where nothing runs any more, and parts that are no longer needed", async () => {
    const cluster = clusterOf(["policyreports"]);
    const many = Array.from({ length: 501 }, () => judged("satisfied"));
    await publisherOf(cluster).namespace("payments", many, never);
    await publisherOf(cluster).namespace("sandbox", [judged("satisfied", { namespace: "sandbox" })], never);
    expect(cluster.objects.size).toBe(3);
    const publish = publisherOf(cluster);
    expect(await publish.namespace("payments", [judged("satisfied")], never)).toMatchObject({ removed: 1 });
    expect(await publish.others(new Set(["payments"]), never)).toMatchObject({ removed: 1 });
    expect([...cluster.objects.keys()]).toEqual([REPORT]);
  });

  test("says each fault of a cluster, throws none, and makes up for it the next time", async () => {
    for (let at = 1; ; at++) {
      const faults = faultSwitch();
      const cluster = clusterOf(["policyreports"]);
      await publisherOf(cluster).namespace("gone", [judged("satisfied", { namespace: "gone" })], never); // oxlint-disable-line no-await-in-loop -- a world for each fault
      let now = AT;
      const publish = publisherOf({ writer: faults.watch(cluster.writer, CLUSTER_FAULTS) }, () => now);
      faults.arm(at, at % CLUSTER_FAULTS.length);
      const said = [
        await publish.namespace("payments", [judged("denied")], never), // oxlint-disable-line no-await-in-loop -- as above
        await publish.others(new Set(["payments"]), never), // oxlint-disable-line no-await-in-loop -- as above
      ];
      if (faults.met() === undefined) break;
      expect(said.flatMap(({ failed }) => failed)).toMatchObject([{ fault: faults.met() }]);
      const calls = faults.calls().length;
      const again = await publish.namespace("payments", [judged("denied")], never); // oxlint-disable-line no-await-in-loop -- as above
      expect(again.failed).toEqual(said[0]?.failed);
      expect(faults.calls()).toHaveLength(calls);
      now = addMs(now, 60_000);
      await publish.namespace("payments", [judged("denied")], never); // oxlint-disable-line no-await-in-loop -- as above
      await publish.others(new Set(["payments"]), never); // oxlint-disable-line no-await-in-loop -- as above
      expect(new Set([...cluster.objects.keys()].map((key) => key.split(".")[0]))).toEqual(
        new Set(["events/payments/api", REPORT]),
      );
    }
  });
});

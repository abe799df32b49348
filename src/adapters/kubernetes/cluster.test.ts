import { afterEach, describe, expect, test } from "vitest";
import { secret } from "../../core/secret.ts";
import type { UnixMs } from "../../core/time.ts";
import type { Cluster, ClusterEvent } from "../../ports/cluster.ts";
import { clusterContract, collect, TASK_RUNS, type ClusterControl } from "../../ports/cluster.contract.ts";
import { undiciHttpClient } from "../http/client.ts";
import type { Outage } from "../virtual/serve.ts";
import { startApiServer, type ApiServer } from "../virtual/cluster/api-server.ts";
import { statusOf } from "../virtual/cluster/replies.ts";
import { kubernetesCluster } from "./cluster.ts";

const NOW = 1_790_000_000_000 as UnixMs;
const FOREVER = new AbortController().signal;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close(); // oxlint-disable-line no-await-in-loop -- the client before its server
});

clusterContract("kubernetes over the stand-in", async () => {
  const { server, cluster } = await start();
  return { cluster, control: controlOf(server) };
});

describe("kubernetesCluster", () => {
  test.each([401, 403] as const)("%i is a fault of credentials", async (status) => {
    const { cluster } = await start({ outage: () => ({ status }) });
    const id = status === 401 ? "cluster.unauthorized" : "cluster.forbidden";
    await expect(cluster.list(TASK_RUNS, FOREVER)).rejects.toMatchObject({ id });
  });

  test("a wrong token is refused by the server", async () => {
    const { cluster } = await start({ token: "wrong" });
    await expect(cluster.list(TASK_RUNS, FOREVER)).rejects.toMatchObject({ id: "cluster.unauthorized" });
  });

  test("waits as long as the server asks, then goes on", async () => {
    const waits: number[] = [];
    const { cluster } = await start({ outage: busyTwice, waits });
    expect((await cluster.list(TASK_RUNS, FOREVER))?.items).toEqual([]);
    expect(waits).toEqual([7000, 750]);
  });

  test("gives up after five answers that are none", async () => {
    const waits: number[] = [];
    const { cluster } = await start({ outage: () => ({ status: 500 }), waits });
    await expect(cluster.list(TASK_RUNS, FOREVER)).rejects.toMatchObject({ id: "cluster.unreachable" });
    expect(waits).toHaveLength(4);
  });

  test("a list whose continuation expired starts again", async () => {
    const pages: string[] = [];
    const { server, cluster } = await start({
      outage: ({ number }) => {
        pages.push(String(number));
        if (number === 2) server.compact();
        return undefined;
      },
    });
    for (let i = 0; i < 600; i++) controlOf(server).create(`run-${i}`);
    expect((await cluster.list(TASK_RUNS, FOREVER))?.items).toHaveLength(600);
    expect(pages).toHaveLength(4);
  });

  test("a connection that breaks is a fault, and what came before it has come", async () => {
    const { server, cluster } = await start();
    controlOf(server).create("a");
    const seen: ClusterEvent[] = [];
    const reading = (async () => {
      for await (const event of cluster.watch(TASK_RUNS, "0", FOREVER)) {
        seen.push(event);
        server.watches.drop();
      }
    })();
    await expect(reading).rejects.toMatchObject({ id: "cluster.unreachable" });
    expect(seen).toHaveLength(1);
  });

  test.each([
    [410, "gone"],
    [500, "cluster.unreachable"],
  ])("an ERROR event with %i is %s", async (code, expected) => {
    const { server, cluster } = await start();
    controlOf(server).create("a");
    const outcome = await (async () => {
      let last = "";
      for await (const event of cluster.watch(TASK_RUNS, "0", FOREVER)) {
        last = event.kind;
        server.watches.fail(statusOf(code, "Expired", "too old"));
      }
      return last;
    })().catch((error: { id: string }) => error.id);
    expect(outcome).toBe(expected);
  });

  test("events held back by a stalled server arrive when it goes on", async () => {
    const { server, cluster } = await start();
    controlOf(server).create("a");
    const names: unknown[] = [];
    for await (const event of cluster.watch(TASK_RUNS, "0", FOREVER)) {
      if (!("object" in event)) continue;
      names.push(event.object.metadata["name"]);
      if (names.length === 1) {
        server.watches.stall(true);
        controlOf(server).create("b");
        server.watches.stall(false);
      } else server.watches.end();
    }
    expect(names).toEqual(["a", "b"]);
  });

  test.each([
    ["no JSON", "<html>", "cluster.malformed"],
    ["no list", "{}", "cluster.malformed"],
    ["items without metadata", `{"kind":"TaskRunList","items":[{"spec":{}}]}`, "cluster.malformed"],
    ["the same member twice", `{"kind":"TaskRunList","items":[],"items":[]}`, "cluster.malformed"],
  ])("an answer that is %s is %s", async (_, body, id) => {
    const { cluster } = await start({ outage: () => ({ status: 200, body }) });
    await expect(cluster.list(TASK_RUNS, FOREVER)).rejects.toMatchObject({ id });
  });

  test("an empty list of Go, which is null, is empty", async () => {
    const { cluster } = await start({
      outage: () => ({ status: 200, body: `{"kind":"TaskRunList","items":null,"metadata":{"resourceVersion":"5"}}` }),
    });
    expect(await cluster.list(TASK_RUNS, FOREVER)).toEqual({ items: [], resourceVersion: "5" });
  });

  test.each([
    ["a line that is no event", `{"type":"ADDED","object":{}}\n`],
    ["a line that is no JSON", `{\n`],
    ["a line that does not end", "x".repeat(9 * 1024 * 1024)],
  ])("%s is a malformed answer", async (_, body) => {
    const { cluster } = await start({ outage: () => ({ status: 200, body }) });
    await expect(collect(cluster.watch(TASK_RUNS, "0", FOREVER))).rejects.toMatchObject({
      id: "cluster.malformed",
    });
  });

  test("a server that is not there is unreachable", async () => {
    const { server, cluster } = await start();
    await server.close();
    await expect(cluster.list(TASK_RUNS, FOREVER)).rejects.toMatchObject({ id: "cluster.unreachable" });
  });
});

type Start = { readonly outage?: Outage; readonly token?: string; readonly waits?: number[] };

async function start(given: Start = {}): Promise<{ readonly server: ApiServer; readonly cluster: Cluster }> {
  const server = await startApiServer({ now: () => NOW, ...(given.outage && { outage: given.outage }) });
  const http = undiciHttpClient();
  closing.push(
    async () => http.close(),
    async () => server.close(),
  );
  const cluster = kubernetesCluster({
    name: "prod-eu",
    server: server.url,
    http,
    clock: { now: () => NOW, sleep: async (ms) => void given.waits?.push(ms) },
    random: { bytes: (length) => new Uint8Array(length) },
    token: { read: async () => secret(given.token ?? server.readerToken) },
  });
  return { server, cluster };
}

function controlOf(server: ApiServer): ClusterControl {
  const runs = server.resource("taskruns");
  return {
    create: (name) => void server.objects.create(runs, { metadata: key(name), spec: {} }),
    touch: (name) => void server.objects.replaceStatus(runs, key(name), { podName: "p" }),
    remove: (name) => void server.objects.remove(runs, key(name)),
    compact: server.compact,
    bookmark: server.watches.bookmark,
    end: server.watches.end,
    watches: server.watches.count,
  };
}

function key(name: string): { readonly namespace: string; readonly name: string } {
  return { namespace: "payments", name };
}

function busyTwice({ number }: { readonly number: number }): ReturnType<Outage> {
  if (number === 1) return { status: 429, headers: { "retry-after": "7" } };
  return number === 2 ? { status: 503 } : undefined;
}

import { afterEach, describe, expect, test } from "vitest";
import { secret } from "../../core/secret.ts";
import type { UnixMs } from "../../core/time.ts";
import type { ClusterWriter } from "../../ports/cluster-writer.ts";
import { clusterWriterContract } from "../../ports/cluster-writer.contract.ts";
import { undiciHttpClient } from "../http/client.ts";
import { startApiServer, type ApiServer } from "../virtual/cluster/api-server.ts";
import type { Outage } from "../virtual/serve.ts";
import { kubernetesWriter } from "./writer.ts";

const NOW = 1_790_000_000_000 as UnixMs;
const FOREVER = new AbortController().signal;
const MAPS = { group: "", version: "v1", plural: "configmaps" };
const MAP = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "payments" } };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close(); // oxlint-disable-line no-await-in-loop -- the client before its server
});

clusterWriterContract("kubernetes over the stand-in", async () => (await start()).writer);

describe("kubernetesWriter", () => {
  test("a reader may not write", async () => {
    const { writer } = await start({ as: "reader" });
    for (const attempt of [
      writer.apply(MAPS, MAP, FOREVER),
      writer.create(MAPS, MAP, FOREVER),
      writer.remove(MAPS, MAP.metadata, FOREVER),
    ]) {
      await expect(attempt).rejects.toMatchObject({ id: "cluster.forbidden" }); // oxlint-disable-line no-await-in-loop -- three
    }
  });

  test.each([
    [500, "cluster.unreachable"],
    [401, "cluster.unauthorized"],
    [422, "cluster.malformed"],
  ])("an answer of %i is %s, and nothing is said to be written", async (status, id) => {
    const { writer } = await start({ outage: () => ({ status, body: "no" }) });
    await expect(writer.apply(MAPS, MAP, FOREVER)).rejects.toMatchObject({ id });
    await expect(writer.remove(MAPS, MAP.metadata, FOREVER)).rejects.toMatchObject({ id });
  });

  test("a write that was lost on the way back is made again, and is there once", async () => {
    const { server, writer } = await start({ outage: ({ number }) => (number === 1 ? { status: 503 } : undefined) });
    expect(await writer.create(MAPS, MAP, FOREVER)).toBe("created");
    expect(server.objects.list(server.resource("configmaps"), "payments")).toHaveLength(1);
  });

  test("lists by labels over more than one page", async () => {
    const { server, writer } = await start();
    for (let i = 0; i < 1100; i++) {
      const labels = i % 2 === 0 ? { ours: "yes" } : {};
      server.objects.create(server.resource("configmaps"), {
        metadata: { namespace: "payments", name: `m${i}`, labels },
      });
    }
    expect(await writer.labelled(MAPS, { ours: "yes" }, FOREVER)).toHaveLength(550);
  });
});

type Start = { readonly outage?: Outage; readonly as?: "reader" };

async function start(given: Start = {}): Promise<{ readonly server: ApiServer; readonly writer: ClusterWriter }> {
  const server = await startApiServer({ now: () => NOW, ...(given.outage && { outage: given.outage }) });
  const http = undiciHttpClient();
  closing.push(
    async () => http.close(),
    async () => server.close(),
  );
  const writer = kubernetesWriter({
    name: "prod-eu",
    server: server.url,
    http,
    clock: { now: () => NOW, sleep: async () => undefined },
    random: { bytes: (length) => new Uint8Array(length) },
    token: { read: async () => secret(given.as === "reader" ? server.readerToken : server.adminToken) },
  });
  return { server, writer };
}

import { afterEach, describe, expect, test } from "vitest";
import { secret } from "../../core/secret.ts";
import type { UnixMs } from "../../core/time.ts";
import { clusterOperatorContract } from "../../ports/cluster-operator.contract.ts";
import { undiciHttpClient } from "../http/client.ts";
import { startApiServer } from "../virtual/cluster/api-server.ts";
import type { Outage } from "../virtual/serve.ts";
import { kubernetesOperator } from "./operator.ts";
import { kubernetesWriter } from "./writer.ts";

const NOW = 1_790_000_000_000 as UnixMs;
const FOREVER = new AbortController().signal;
const AT = { resource: { group: "", version: "v1", plural: "configmaps" }, namespace: "payments", name: "a" };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close(); // oxlint-disable-line no-await-in-loop -- the client before its server
});

clusterOperatorContract("kubernetes over the stand-in", async () => ({ ...(await start()), user: "system:admin" }));

describe("kubernetesOperator", () => {
  test("tells the words of who refused", async () => {
    const refusal = '{"kind":"Status","code":403,"message":"admission webhook denied the request: no"}';
    const { operator } = await start(() => ({ status: 403, body: refusal }));
    const message = "admission webhook denied the request: no";
    expect(await operator.merge(AT, {}, FOREVER)).toEqual({ kind: "refused", message });
  });

  test.each([
    [401, "cluster.unauthorized"],
    [403, "cluster.malformed"],
    [500, "cluster.unreachable"],
    [422, "cluster.malformed"],
  ])("an answer of %i without words is %s, and is not tried again", async (status, id) => {
    let asked = 0;
    const { operator } = await start(() => {
      asked += 1;
      return { status, body: "{}" };
    });
    await expect(operator.merge(AT, {}, FOREVER)).rejects.toMatchObject({ id });
    expect(asked).toBe(1);
  });
});

async function start(outage?: Outage) {
  const server = await startApiServer({ now: () => NOW, ...(outage && { outage }) });
  const http = undiciHttpClient();
  closing.push(
    async () => http.close(),
    async () => server.close(),
  );
  const clock = { now: () => NOW, sleep: async () => undefined };
  const random = { bytes: (length: number) => new Uint8Array(length) };
  const token = { read: async () => secret(server.adminToken) };
  const session = { name: "prod-eu", server: server.url, http, clock, random, token };
  return { operator: kubernetesOperator(session), writer: kubernetesWriter(session) };
}

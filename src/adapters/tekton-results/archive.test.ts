import { afterAll, describe, expect, test } from "vitest";
import { toBase64 } from "../../core/bytes/base64.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { secret } from "../../core/secret.ts";
import { renderRfc3339, type UnixMs } from "../../core/time.ts";
import { runArchiveContract, type ArchiveControl } from "../../ports/run-archive.contract.ts";
import type { RunArchive } from "../../ports/run-archive.ts";
import { undiciHttpClient } from "../http/client.ts";
import { jsonReply, serve, type Exchange, type Outage, type Reply } from "../virtual/serve.ts";
import { tektonResults } from "./archive.ts";

const TOKEN = "a-token-for-one-test";
const never = new AbortController().signal;
const since = 0 as UnixMs;
const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0).toReversed()) await close(); // oxlint-disable-line no-await-in-loop -- the client before its server
});

runArchiveContract("Tekton Results over a stand-in", () => start());

describe("tektonResults", () => {
  test.each<[number, string]>([
    [401, "cluster.unauthorized"],
    [403, "cluster.forbidden"],
    [404, "cluster.malformed"],
    [503, "cluster.unreachable"],
  ])("an answer of %i is %s", async (status, id) => {
    const { archive } = await start(() => ({ status }));
    await expect(first(archive)).rejects.toMatchObject({ id });
  });

  test("what is no list is malformed", async () => {
    const { archive } = await start(() => jsonReply(200, { records: "x" }));
    await expect(first(archive)).rejects.toMatchObject({ id: "cluster.malformed" });
  });

  test("passes over a record that holds no run", async () => {
    const good = {
      createTime: "2026-01-01T00:00:00Z",
      data: { value: encode({ apiVersion: "v", kind: "TaskRun", metadata: {} }) },
    };
    const records = [
      null,
      {},
      { ...good, data: { value: "???" } },
      { ...good, data: { value: encode([]) } },
      { ...good, createTime: "x" },
      good,
    ];
    const { archive } = await start(() => jsonReply(200, { records }));
    expect((await first(archive)).value).toMatchObject({ object: { kind: "TaskRun" } });
  });
});

async function first(archive: RunArchive) {
  return archive.runs({ namespace: "ci", since }, never)[Symbol.asyncIterator]().next();
}

function encode(value: unknown): string {
  return toBase64(toUtf8(JSON.stringify(value)));
}

type Kept = Parameters<ArchiveControl["put"]>[0];

/** The part of the API that is asked: records of a namespace, filtered by type, newest first, page by page. */
async function start(outage?: Outage): Promise<{ readonly archive: RunArchive; readonly control: ArchiveControl }> {
  const kept: Kept[] = [];
  const server = await serve((exchange) => answer(kept, exchange), 1024, outage ? { outage } : {});
  const http = undiciHttpClient();
  closing.push(
    async () => server.close(),
    async () => http.close(),
  );
  const archive = tektonResults(http, { url: `${server.url}/`, token: { read: async () => secret(TOKEN) } });
  return { archive, control: { put: (run) => void kept.push(run) } };
}

function answer(kept: readonly Kept[], { path, query, headers }: Exchange): Reply {
  const [, namespace] =
    /^\/apis\/results\.tekton\.dev\/v1alpha2\/parents\/([^/]+)\/results\/-\/records$/.exec(path) ?? [];
  if (headers.authorization !== `Bearer ${TOKEN}`) return jsonReply(401, {});
  if (namespace === undefined || query.get("order_by") !== "create_time desc") return jsonReply(404, {});
  const types = new Set([...(query.get("filter") ?? "").matchAll(/data_type == "([^"]+)"/g)].map(([, type]) => type));
  const found = kept
    .filter((run) => run.namespace === namespace && types.has(`tekton.dev/v1.${run.kind}`))
    .toSorted((a, b) => b.at - a.at);
  const from = Number(query.get("page_token") ?? 0);
  const until = from + Number(query.get("page_size"));
  const nextPageToken = until < found.length ? String(until) : "";
  return jsonReply(200, { records: found.slice(from, until).map(toRecord), nextPageToken });
}

function toRecord({ kind, namespace, name, at }: Kept): unknown {
  const time = renderRfc3339(at);
  const object = { apiVersion: "tekton.dev/v1", kind, metadata: { namespace, name, uid: `uid-${name}` } };
  return {
    name: `${namespace}/results/r/records/${name}`,
    createTime: time,
    updateTime: time,
    data: { type: `tekton.dev/v1.${kind}`, value: encode(object) },
  };
}

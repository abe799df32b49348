import { generateKeyPairSync } from "node:crypto";
import { RekorWitness } from "@sigstore/sign";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { judgeLogged, trustedLogOf } from "../../../../test/setup/log-judge.ts";
import { messageRequest, newLogSigner, SIGNER_SAN, statementRequest } from "../../../../test/setup/log-signer.ts";
import { bug } from "../../../core/bug.ts";
import { parseBase64, toBase64 } from "../../../core/bytes/base64.ts";
import { toHex } from "../../../core/bytes/hex.ts";
import { renderPem } from "../../../core/bytes/pem.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { parseSha256, sha256 } from "../../../core/digest.ts";
import { decodeEntry } from "../../../core/entry/decode-entry.ts";
import { judgeConsistency } from "../../../core/merkle/consistency.ts";
import { leafHash } from "../../../core/merkle/tree.ts";
import { judgeCheckpoint } from "../../../core/note/judge-checkpoint.ts";
import { parseNote } from "../../../core/note/note.ts";
import { parseUnixMs } from "../../../core/time.ts";
import type { LogRequest } from "../../../ports/transparency-log.ts";
import { undiciHttpClient, type ClosableHttpClient } from "../../http/client.ts";
import { verifyPrehashed } from "../../noble/verify-prehashed.ts";
import { rekor1Reader } from "../../rekor1/reader.ts";
import { rekor1Writer } from "../../rekor1/writer.ts";
import { memoryTileStore } from "../tile-store.ts";
import { startRekor1, type Rekor1, type Rekor1Options } from "./rekor1.ts";

const KEY = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const SIGNER = newLogSigner();
const TREE_ID = "1193050959916656506";
const NOW = parseUnixMs(1_790_000_123_456) ?? bug("not an instant");
const signal = new AbortController().signal;
const STATEMENT = {
  _type: "https://in-toto.io/Statement/v1",
  subject: [{ name: "image", digest: { sha256: "ab".repeat(32) } }],
  predicateType: "https://example.com/p",
  predicate: { materials: [{ uri: "git", digest: { sha1: "cd".repeat(20) } }] },
};

let http: ClosableHttpClient;
let server: Rekor1;
let faults: NonNullable<Rekor1Options["faults"]>;

beforeEach(async () => {
  http = undiciHttpClient();
  await start();
});
afterEach(async () => {
  await http.close();
  await server.close();
});

async function start(options: Partial<Rekor1Options> = {}): Promise<void> {
  faults = {};
  const fixed = { treeId: TREE_ID, privateKey: KEY, now: () => NOW, verifyPrehashed: () => true, faults };
  server = await startRekor1({ store: memoryTileStore(), ...fixed, ...options });
}

const message = (text: string): LogRequest => messageRequest(SIGNER, toUtf8(text));
const append = (request: LogRequest) => rekor1Writer(http, { url: server.url }).append(request, signal);
const reader = () => rekor1Reader(http, { url: server.url });
const get = async (path: string): Promise<Response> => fetch(`${server.url}/api/v1/${path}`);
const post = async (path: string, body: unknown): Promise<Response> =>
  fetch(`${server.url}/api/v1/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const search = async (query: unknown): Promise<unknown> => (await post("index/retrieve", query)).json();

describe("startRekor1", () => {
  test.each<[string, LogRequest, string]>([
    ["a message", message("x"), "hashedrekord"],
    ["an envelope", statementRequest(SIGNER, STATEMENT), "dsse"],
    [
      "a message under a bare key",
      { ...message("x"), verifier: { kind: "public-key", der: SIGNER.spki } },
      "hashedrekord",
    ],
  ])("logs %s and gives what a verifier needs", async (_, request, kind) => {
    await append(message("before"));
    const entry = await append(request);
    expect(entry).toMatchObject({ logIndex: 1, kind, apiVersion: "0.0.1", integratedTime: 1_790_000_123 });
    expect(judgeLogged(entry, trustedLogOf(server.instance))).toEqual({ proof: "ok", set: "ok" });
    expect(decodeEntry(entry.canonicalizedBody)).toMatchObject({ canonical: true, parsed: true });
  });

  test("answers with the headers that clients go by", async () => {
    const answer = await post("log/entries", toProposal(message("x")));
    const [id = ""] = Object.keys((await answer.json()) as object);
    expect(answer.status).toBe(201);
    expect(answer.headers.get("etag")).toBe(id);
    expect(answer.headers.get("location")).toBe(`/api/v1/log/entries/${id}`);
    expect(id).toMatch(/^108e9186e8c5677a[0-9a-f]{64}$/);
  });

  test("points to an entry that is there already", async () => {
    const first = await append(message("x"));
    const answer = await post("log/entries", toProposal(message("x"), first.canonicalizedBody));
    const id = `108e9186e8c5677a${toHex(leafHash(first.canonicalizedBody))}`;
    expect(answer.status).toBe(409);
    expect(answer.headers.get("location")).toBe(`/api/v1/log/entries/${id}`);
    expect(await answer.json()).toMatchObject({ code: 409, message: expect.stringContaining(id) });
  });

  test("gives an entry by index, by both ids, and in the list of a retrieval", async () => {
    await append(message("before"));
    const entry = await append(message("x"));
    const uuid = toHex(leafHash(entry.canonicalizedBody));
    const id = `108e9186e8c5677a${uuid}`;
    const bodies = await Promise.all(
      [
        await get("log/entries?logIndex=1"),
        await get(`log/entries/${uuid}`),
        await get(`log/entries/${id.toUpperCase()}`),
      ].map(async (answer) => (await answer.json()) as Record<string, { readonly body: string }>),
    );
    for (const body of bodies) expect(body[id]?.body).toBe(toBase64(entry.canonicalizedBody));
    const [listed] = (await (await post("log/entries/retrieve", { entryUUIDs: [uuid] })).json()) as object[];
    expect(Object.keys(listed ?? {})).toEqual([id]);
    const [again] = await reader().entries([1], signal);
    expect(judgeLogged(again?.entry ?? bug("no entry"), trustedLogOf(server.instance))).toEqual({
      proof: "ok",
      set: "ok",
    });
    expect(again?.entry.integratedTime).toBe(entry.integratedTime);
  });

  test("leaves out of a retrieval what it has not, and fails for an index beyond its end", async () => {
    await append(message("x"));
    const missing = { entryUUIDs: ["00".repeat(32)] };
    expect(await (await post("log/entries/retrieve", missing)).json()).toEqual([]);
    expect((await post("log/entries/retrieve", { logIndexes: [0, 1] })).status).toBe(500);
  });

  test("finds by a proposed entry", async () => {
    const request = message("x");
    await append(request);
    const found = await (await post("log/entries/retrieve", { entries: [toProposal(request)] })).json();
    expect(found).toHaveLength(1);
  });

  test.each<[string, number]>([
    ["log/entries?logIndex=7", 404],
    ["log/entries?logIndex=-1", 422],
    ["log/entries?logIndex=0x0", 422],
    ["log/entries", 422],
    [`log/entries/${"0".repeat(64)}`, 404],
    [`log/entries/${"0".repeat(80)}`, 404],
    [`log/entries/${"0".repeat(63)}`, 422],
    ["log/proof?lastSize=9", 400],
    ["log/proof?firstSize=2&lastSize=1", 400],
    ["log/proof?firstSize=0&lastSize=1", 422],
    ["log/proof", 422],
    ["log/proof?lastSize=1&treeID=5", 400],
    ["log/nothing", 404],
  ])("answers %s with %d", async (path, status) => {
    await append(message("x"));
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code: status });
  });

  test("proves that it has grown", async () => {
    await append(message("a"));
    const [before] = await reader().shards(signal);
    await Promise.all(["b", "c", "d"].map((text) => append(message(text))));
    const [after] = await reader().shards(signal);
    const [from, to] = [checkpointOf(before?.checkpoint), checkpointOf(after?.checkpoint)];
    const hashes = await reader().consistency(from.size, to.size, TREE_ID, signal);
    const path = hashes.map((hash) => parseSha256(hash) ?? bug("not a hash"));
    const proof = { from: from.size, to: to.size, fromRoot: from.root, toRoot: to.root, path };
    expect(judgeConsistency(proof)).toEqual({ kind: "pass" });
  });

  test("gives its key and is alive", async () => {
    expect(await (await get("log/publicKey")).text()).toBe(renderPem("PUBLIC KEY", server.instance.spki));
    expect((await fetch(`${server.url}/ping`)).status).toBe(200);
  });

  test("counts over finished trees, and finds entries in them", async () => {
    const [old, young] = [memoryTileStore(), memoryTileStore()];
    await server.close();
    await start({ treeId: "7", store: old });
    await append(message("a"));
    const b = await append(message("b"));
    await server.close();
    await start({ treeId: "8", store: young, inactive: [{ treeId: "7", store: old }] });
    expect(await append(message("c"))).toMatchObject({ logIndex: 2, inclusionProof: { logIndex: 0, treeSize: 1 } });
    const shards = await reader().shards(signal);
    expect(shards.map(({ treeId, treeSize }) => [treeId, treeSize])).toEqual([
      ["8", 1],
      ["7", 2],
    ]);
    const [found] = await reader().entries([1], signal);
    expect(found?.entry).toMatchObject({ logIndex: 1, canonicalizedBody: b.canonicalizedBody });
    expect(judgeLogged(found?.entry ?? bug("no entry"), trustedLogOf(server.instance))).toEqual({
      proof: "ok",
      set: "ok",
    });
  });

  test("knows the times and the search keys of its entries after a restart", async () => {
    const store = memoryTileStore();
    await server.close();
    await start({ store });
    const entry = await append(statementRequest(SIGNER, STATEMENT));
    await server.close();
    await start({ store, now: () => parseUnixMs(1_800_000_000_000) ?? NOW });
    const [again] = await reader().entries([0], signal);
    expect(again?.entry.integratedTime).toBe(entry.integratedTime);
    expect(await search({ hash: `sha256:${"ab".repeat(32)}` })).toHaveLength(1);
  });
});

describe("the search index", () => {
  beforeEach(async () => {
    await append(message("x"));
    await append(statementRequest(SIGNER, STATEMENT));
  });
  const publicKey = { format: "x509", content: toBase64(toUtf8(renderPem("CERTIFICATE", SIGNER.certificate))) };

  test.each<[string, unknown, number]>([
    ["a subject, whatever its case", { subject: SIGNER_SAN.toUpperCase() }, 2],
    ["a data hash", { hash: `sha256:${toHex(sha256(toUtf8("x")))}` }, 1],
    ["a data hash without its name", { hash: toHex(sha256(toUtf8("x"))) }, 1],
    ["a digest of a statement's subject", { hash: "ab".repeat(32) }, 1],
    ["a digest of a statement's material", { hash: `sha1:${"cd".repeat(20)}` }, 1],
    ["a key, which envelopes are not found by", { publicKey }, 1],
    ["either of two", { subject: SIGNER_SAN, hash: "ab".repeat(32) }, 2],
    ["both of two", { subject: SIGNER_SAN, hash: "ab".repeat(32), operator: "and" }, 1],
    ["nothing", {}, 0],
    ["what is not there", { email: "nobody@example.com" }, 0],
  ])("finds by %s", async (_, query, count) => {
    expect(await search(query)).toHaveLength(count);
  });

  test.each<[string, unknown, number]>([
    ["an unknown member", { more: 1 }, 422],
    ["an unknown operator", { operator: "xor" }, 422],
    ["a list", [], 400],
    ["a key of another kind", { publicKey: { format: "pgp", content: "AAAA" } }, 400],
    ["a key that is none", { publicKey: { format: "x509", content: "AAAA" } }, 400],
  ])("refuses %s", async (_, query, status) => {
    expect((await post("index/retrieve", query)).status).toBe(status);
  });
});

describe("a request that is refused", () => {
  test("for its signature", async () => {
    await server.close();
    await start({ verifyPrehashed });
    const answer = await post("log/entries", toProposal({ ...message("x"), signature: message("y").signature }));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      code: 400,
      message: expect.stringContaining("error processing entry"),
    });
    expect(server.log.head().size).toBe(0);
  });

  test("for its size", async () => {
    expect((await post("log/entries", `"${"x".repeat(4 * 1024 * 1024)}"`)).status).toBe(413);
  });

  test.each<[string, unknown, number]>([
    ["eleven entries", { logIndexes: Array.from({ length: 11 }, (_, i) => i) }, 422],
    ["a malformed id", { entryUUIDs: ["xyz"] }, 422],
    ["an unknown member", { more: [] }, 422],
    ["an index that is text", { logIndexes: ["0"] }, 422],
    ["a proposal that is none", { entries: [{}] }, 400],
  ])("in a retrieval of %s", async (_, body, status) => {
    expect((await post("log/entries/retrieve", body)).status).toBe(status);
  });
});

describe("a log that does wrong", () => {
  test("changes and withholds answers", async () => {
    await append(message("x"));
    faults.mangle = (path, bytes) =>
      path.includes("logIndex=0")
        ? undefined
        : toUtf8(new TextDecoder().decode(bytes).replace('"treeSize":1', '"treeSize":2'));
    expect((await get("log/entries?logIndex=0")).status).toBe(404);
    expect(await (await get("log")).json()).toMatchObject({ treeSize: 2 });
  });

  test("promises an entry that a verifier accepts, and forgets it", async () => {
    await append(message("x"));
    faults.pretend = true;
    const entry = await append(message("y"));
    expect(judgeLogged(entry, trustedLogOf(server.instance))).toEqual({ proof: "ok", set: "ok" });
    expect((await get("log/entries?logIndex=1")).status).toBe(404);
    expect(server.log.head().size).toBe(1);
  });
});

describe("@sigstore/sign", () => {
  const publicKey = renderPem("CERTIFICATE", SIGNER.certificate);
  test("logs a message, and finds it again when it is there", async () => {
    const request = message("x");
    const digest = request.content.kind === "message" ? request.content.digest : bug("not a message");
    const messageSignature = {
      messageDigest: { algorithm: 1, digest: Buffer.from(digest) },
      signature: Buffer.from(request.signature),
    };
    const first = await new RekorWitness({ rekorBaseURL: server.url, retry: 0 }).testify(
      { $case: "messageSignature", messageSignature },
      publicKey,
    );
    const again = await new RekorWitness({ rekorBaseURL: server.url, retry: 0 }).testify(
      { $case: "messageSignature", messageSignature },
      publicKey,
    );
    expect(first.tlogEntries?.[0]).toMatchObject({ logIndex: "0", kindVersion: { kind: "hashedrekord" } });
    expect(again.tlogEntries?.[0]?.logIndex).toBe("0");
  });

  test("logs an envelope", async () => {
    const request = statementRequest(SIGNER, STATEMENT);
    const text = request.content.kind === "dsse" ? request.content.envelope : bug("not an envelope");
    const { payload, payloadType } = JSON.parse(text) as Envelope;
    const dsseEnvelope = {
      payload: Buffer.from(parseBase64(payload) ?? []),
      payloadType,
      signatures: [{ sig: Buffer.from(request.signature), keyid: "" }],
    };
    const material = await new RekorWitness({ rekorBaseURL: server.url, retry: 0 }).testify(
      { $case: "dsseEnvelope", dsseEnvelope },
      publicKey,
    );
    expect(material.tlogEntries?.[0]).toMatchObject({ logIndex: "0", kindVersion: { kind: "dsse" } });
  });
});

type Envelope = { readonly payload: string; readonly payloadType: string };

function pemOf(der: Uint8Array): string {
  return toBase64(toUtf8(renderPem("CERTIFICATE", der)));
}

/** The proposal of a message; with the signature of an entry that is logged, because ECDSA gives another each time. */
function toProposal({ verifier, signature, content }: LogRequest, logged?: Uint8Array) {
  const digest = content.kind === "message" ? content.digest : bug("not a message");
  const known = logged && JSON.parse(new TextDecoder().decode(logged)).spec.signature.content;
  return {
    apiVersion: "0.0.1",
    kind: "hashedrekord",
    spec: {
      data: { hash: { algorithm: "sha256", value: toHex(digest) } },
      signature: { content: String(known ?? toBase64(signature)), publicKey: { content: pemOf(verifier.der) } },
    },
  };
}

function checkpointOf(bytes: Uint8Array | undefined) {
  const note = parseNote(bytes ?? new Uint8Array());
  const judged = judgeCheckpoint(note.ok ? note.value : bug(note.detail), [trustedLogOf(server.instance)]);
  return judged.ok ? judged.value : bug(judged.detail);
}

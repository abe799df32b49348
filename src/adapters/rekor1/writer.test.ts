import { expect, test } from "vitest";
import { toBase64 } from "../../core/bytes/base64.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { renderPem } from "../../core/bytes/pem.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { sha256 } from "../../core/digest.ts";
import { Fault, type FaultId } from "../../core/fault.ts";
import type { HttpClient, HttpHeaders, HttpRequest, HttpResponse } from "../../ports/http-client.ts";
import type { LogRequest } from "../../ports/transparency-log.ts";
import { rekor1Writer } from "./writer.ts";

const never = new AbortController().signal;
const ID = "24296fb24b8ad77a".padEnd(80, "0");
const HASH = "ab".repeat(32);
const BODY = toUtf8('{"apiVersion":"0.0.1","kind":"dsse","spec":{}}');
const ENTRY = {
  body: toBase64(BODY),
  integratedTime: 1_790_000_000,
  logID: HASH,
  logIndex: 1234,
  attestation: {},
  verification: {
    signedEntryTimestamp: "AQI=",
    inclusionProof: { checkpoint: "note", hashes: [HASH], logIndex: 34, rootHash: HASH, treeSize: 40 },
  },
};
const MESSAGE: LogRequest = {
  verifier: { kind: "certificate", der: Uint8Array.of(1) },
  signature: Uint8Array.of(2),
  content: { kind: "message", digest: sha256(Uint8Array.of(3)) },
};

type Answer = { readonly status: number; readonly document: unknown; readonly headers?: HttpHeaders };

/** Gives the answers in turn and keeps what was asked. */
function answering(...answers: readonly Answer[]): HttpClient & { readonly asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  return {
    asked,
    send: async (request): Promise<HttpResponse> => {
      const answer = answers[asked.push(request) - 1];
      if (!answer) throw new Error("one request too many");
      const { document, headers = {}, status } = answer;
      return { status, headers, body: toUtf8(typeof document === "string" ? document : JSON.stringify(document)) };
    },
    stream: () => Promise.reject(new Error("not used")),
  };
}

const created: Answer = { status: 201, document: { [ID]: ENTRY } };
const append = (http: HttpClient, request = MESSAGE) =>
  rekor1Writer(http, { url: "https://rekor.example/" }).append(request, never);
const sent = (http: { readonly asked: readonly HttpRequest[] }): unknown =>
  JSON.parse(new TextDecoder().decode(http.asked[0]?.body));

test("proposes a hashedrekord for a message", async () => {
  const http = answering(created);
  await append(http);
  expect(http.asked[0]).toMatchObject({ method: "POST", url: "https://rekor.example/api/v1/log/entries" });
  expect(sent(http)).toEqual({
    apiVersion: "0.0.1",
    kind: "hashedrekord",
    spec: {
      data: { hash: { algorithm: "sha256", value: toHex(sha256(Uint8Array.of(3))) } },
      signature: {
        content: "Ag==",
        publicKey: { content: toBase64(toUtf8(renderPem("CERTIFICATE", Uint8Array.of(1)))) },
      },
    },
  });
});

test("proposes a dsse entry for an envelope, signed by a bare key", async () => {
  const http = answering(created);
  const content = { kind: "dsse", envelope: '{"payload":""}', pae: new Uint8Array(0) } as const;
  await append(http, { ...MESSAGE, verifier: { kind: "public-key", der: Uint8Array.of(1) }, content });
  const verifiers = [toBase64(toUtf8(renderPem("PUBLIC KEY", Uint8Array.of(1))))];
  const proposedContent = { envelope: '{"payload":""}', verifiers };
  expect(sent(http)).toEqual({ apiVersion: "0.0.1", kind: "dsse", spec: { proposedContent } });
});

test("turns the answer into an entry as bundles hold it, with both indexes", async () => {
  const hash = new Uint8Array(32).fill(0xab);
  expect(await append(answering(created))).toEqual({
    logIndex: 1234,
    logId: hash,
    kind: "dsse",
    apiVersion: "0.0.1",
    integratedTime: 1_790_000_000,
    signedEntryTimestamp: Uint8Array.of(1, 2),
    inclusionProof: { logIndex: 34, rootHash: hash, treeSize: 40, hashes: [hash], checkpoint: "note" },
    canonicalizedBody: BODY,
  });
});

test("fetches the entry that is there already, from the log it asked", async () => {
  const location = `https://elsewhere.example/api/v1/log/entries/${ID}`;
  const http = answering({ status: 409, document: "", headers: { location } }, { ...created, status: 200 });
  expect(await append(http)).toMatchObject({ logIndex: 1234 });
  expect(http.asked[1]).toMatchObject({ method: "GET", url: `https://rekor.example/api/v1/log/entries/${ID}` });
});

const answer = (change: object): unknown => ({ [ID]: { ...ENTRY, ...change } });
const proof = (change: object): unknown =>
  answer({ verification: { inclusionProof: { ...ENTRY.verification.inclusionProof, ...change } } });

test.each<[string, Answer, FaultId]>([
  ["a refused proposal", { status: 400, document: { message: "no" } }, "log.refused"],
  ["another kind of server", { status: 404, document: "" }, "log.malformed"],
  ["an entry over the log's limit", { status: 413, document: "" }, "log.too-large"],
  ["push-back", { status: 429, document: "" }, "log.unreachable"],
  ["an error of the server", { status: 502, document: "" }, "log.unreachable"],
  ["a conflict that names no entry", { status: 409, document: "" }, "log.malformed"],
  [
    "a conflict that names a path",
    { status: 409, document: "", headers: { location: "/api/v1/log/entries/../x" } },
    "log.malformed",
  ],
  ["no JSON", { status: 201, document: "<html>" }, "log.malformed"],
  ["a list", { status: 201, document: [] }, "log.malformed"],
  ["no entry", { status: 201, document: {} }, "log.malformed"],
  ["two entries", { status: 201, document: { [ID]: ENTRY, ["0".repeat(64)]: ENTRY } }, "log.malformed"],
  ["an id that is none", { status: 201, document: { x: ENTRY } }, "log.malformed"],
  ["an entry that is a list", { status: 201, document: { [ID]: [] } }, "log.malformed"],
  ["a body that is not base64", { status: 201, document: answer({ body: "*" }) }, "log.malformed"],
  ["a negative index", { status: 201, document: answer({ logIndex: -1 }) }, "log.malformed"],
  ["a log id of another length", { status: 201, document: answer({ logID: "ab" }) }, "log.malformed"],
  ["a hash in upper case", { status: 201, document: proof({ rootHash: HASH.toUpperCase() }) }, "log.malformed"],
  [
    "a proof without end",
    { status: 201, document: proof({ hashes: Array.from({ length: 64 }, () => HASH) }) },
    "log.malformed",
  ],
])("takes %s for a fault", async (_, given, id) => {
  await expect(append(answering(given))).rejects.toMatchObject({ name: "Fault", id });
});

test.each<[FaultId, FaultId]>([
  ["http.timeout", "log.unreachable"],
  ["http.too-large", "log.too-large"],
  ["http.refused", "http.refused"],
])("tells %s as %s", async (from, to) => {
  const broken = { ...answering(), send: () => Promise.reject(new Fault(from, "x")) };
  await expect(append(broken)).rejects.toMatchObject({ id: to });
});

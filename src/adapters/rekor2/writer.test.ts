import { expect, test } from "vitest";
import { toBase64 } from "../../core/bytes/base64.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { sha256 } from "../../core/digest.ts";
import { Fault, type FaultId } from "../../core/fault.ts";
import type { HttpClient, HttpHeaders, HttpRequest } from "../../ports/http-client.ts";
import type { LogRequest } from "../../ports/transparency-log.ts";
import { rekor2Writer } from "./writer.ts";

const never = new AbortController().signal;
const HASH = toBase64(new Uint8Array(32).fill(7));
const ENTRY = {
  logIndex: "7",
  logId: { keyId: HASH },
  kindVersion: { kind: "hashedrekord", version: "0.0.2" },
  integratedTime: "0",
  inclusionPromise: null,
  inclusionProof: { logIndex: "7", rootHash: HASH, treeSize: "8", hashes: [HASH], checkpoint: { envelope: "note" } },
  canonicalizedBody: "AQI=",
};
const MESSAGE: LogRequest = {
  verifier: { kind: "certificate", der: Uint8Array.of(1) },
  signature: Uint8Array.of(2),
  content: { kind: "message", digest: sha256(Uint8Array.of(3)) },
};

function answering(
  status: number,
  document: unknown,
  headers: HttpHeaders = {},
): HttpClient & { readonly asked: HttpRequest[] } {
  const body = toUtf8(typeof document === "string" ? document : JSON.stringify(document));
  const asked: HttpRequest[] = [];
  return {
    asked,
    send: async (request) => {
      asked.push(request);
      return { status, headers, body };
    },
    stream: () => Promise.reject(new Error("not used")),
  };
}

const append = (http: HttpClient, request = MESSAGE) =>
  rekor2Writer(http, { url: "https://log.example" }).append(request, never);
const sent = (http: { readonly asked: readonly HttpRequest[] }): unknown =>
  JSON.parse(new TextDecoder().decode(http.asked[0]?.body));

test("sends a hashedrekord of a message, and gives the entry as it came", async () => {
  const http = answering(201, ENTRY);
  const hash = new Uint8Array(32).fill(7);
  expect(await append(http)).toEqual({
    logIndex: 7,
    logId: hash,
    kind: "hashedrekord",
    apiVersion: "0.0.2",
    integratedTime: 0,
    inclusionProof: { logIndex: 7, rootHash: hash, treeSize: 8, hashes: [hash], checkpoint: "note" },
    canonicalizedBody: Uint8Array.of(1, 2),
  });
  expect(http.asked[0]).toMatchObject({ method: "POST", url: "https://log.example/api/v2/log/entries" });
  expect(sent(http)).toEqual({
    hashedRekordRequestV002: {
      digest: toBase64(sha256(Uint8Array.of(3))),
      signature: {
        content: "Ag==",
        verifier: { x509Certificate: { rawBytes: "AQ==" }, keyDetails: "PKIX_ECDSA_P256_SHA_256" },
      },
    },
  });
});

test("sends a hashedrekord of the PAE of an envelope, never the envelope", async () => {
  const http = answering(201, ENTRY);
  const content = { kind: "dsse", envelope: "{}", pae: toUtf8("DSSEv1 1 t 2 {}") } as const;
  await append(http, { ...MESSAGE, verifier: { kind: "public-key", der: Uint8Array.of(1) }, content });
  expect(sent(http)).toMatchObject({
    hashedRekordRequestV002: {
      digest: toBase64(sha256(content.pae)),
      signature: { verifier: { publicKey: { rawBytes: "AQ==" } } },
    },
  });
});

test.each<[string, number, unknown, FaultId]>([
  ["a refused request", 400, { code: 3, message: "no" }, "log.refused"],
  ["another kind of server", 404, "", "log.malformed"],
  ["a frozen shard", 405, "frozen", "log.refused"],
  ["an entry that is there already", 409, { code: 6 }, "log.duplicate"],
  ["too large a request", 413, "", "log.too-large"],
  ["push-back", 503, "", "log.unreachable"],
  ["no JSON", 201, "<html>", "log.malformed"],
  ["a list", 201, [], "log.malformed"],
  [
    "no proof hash of 32 bytes",
    201,
    { ...ENTRY, inclusionProof: { ...ENTRY.inclusionProof, hashes: ["AA=="] } },
    "log.malformed",
  ],
  ["no body", 201, { ...ENTRY, canonicalizedBody: "" }, "log.malformed"],
])("takes %s for a fault", async (_, status, document, id) => {
  await expect(append(answering(status, document))).rejects.toMatchObject({ name: "Fault", id });
});

test("names the index of a duplicate where the log does", async () => {
  const http = answering(409, {}, { "x-log-index": "41" });
  await expect(append(http)).rejects.toMatchObject({ subject: expect.stringContaining("index 41") as string });
});

test.each<[FaultId, FaultId]>([
  ["http.timeout", "log.unreachable"],
  ["http.too-large", "log.too-large"],
  ["http.refused", "http.refused"],
])("tells %s as %s", async (from, to) => {
  const broken = { ...answering(200, {}), send: () => Promise.reject(new Fault(from, "x")) };
  await expect(append(broken)).rejects.toMatchObject({ id: to });
});

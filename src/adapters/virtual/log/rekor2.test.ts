import { generateKeyPairSync } from "node:crypto";
import { RekorWitness } from "@sigstore/sign";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { judgeLogged, trustedLogOf } from "../../../../test/setup/log-judge.ts";
import { messageRequest, newLogSigner, statementRequest } from "../../../../test/setup/log-signer.ts";
import { bug } from "../../../core/bug.ts";
import { parseBase64, toBase64 } from "../../../core/bytes/base64.ts";
import { renderPem } from "../../../core/bytes/pem.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { sha256 } from "../../../core/digest.ts";
import { decodeEntry } from "../../../core/entry/decode-entry.ts";
import { frontierRoot } from "../../../core/merkle/frontier.ts";
import { frontierOfEdge, parseEntryBundle, parseTile } from "../../../core/merkle/tiles.ts";
import { judgeCosignatures, toWitnessKey } from "../../../core/note/cosignature.ts";
import { judgeCheckpoint } from "../../../core/note/judge-checkpoint.ts";
import { parseNote } from "../../../core/note/note.ts";
import { addMs, parseUnixMs } from "../../../core/time.ts";
import type { LogRequest } from "../../../ports/transparency-log.ts";
import { undiciHttpClient, type ClosableHttpClient } from "../../http/client.ts";
import { verifyPrehashed } from "../../noble/verify-prehashed.ts";
import { rekor2Reader } from "../../rekor2/reader.ts";
import { rekor2Writer } from "../../rekor2/writer.ts";
import { memoryTileStore } from "../tile-store.ts";
import { startRekor2, type Rekor2, type Rekor2Options } from "./rekor2.ts";

const KEY = generateKeyPairSync("ed25519").privateKey;
const SIGNER = newLogSigner();
const signal = new AbortController().signal;

let http: ClosableHttpClient;
let server: Rekor2;
let faults: NonNullable<Rekor2Options["faults"]>;

beforeEach(async () => {
  http = undiciHttpClient();
  await start();
});
afterEach(async () => {
  await http.close();
  await server.close();
});

async function start(options: Partial<Rekor2Options> = {}): Promise<void> {
  faults = {};
  server = await startRekor2({
    store: memoryTileStore(),
    privateKey: KEY,
    verifyPrehashed: () => true,
    faults,
    ...options,
  });
}

const message = (text: string): LogRequest => messageRequest(SIGNER, toUtf8(text));
const append = (request: LogRequest) => rekor2Writer(http, { url: server.url }).append(request, signal);
const post = (body: unknown, headers = {}) =>
  fetch(`${server.url}/api/v2/log/entries`, {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

describe("startRekor2", () => {
  test("logs a message and gives what a verifier needs", async () => {
    await append(message("first"));
    const entry = await append(message("second"));
    expect(entry).toMatchObject({ logIndex: 1, kind: "hashedrekord", apiVersion: "0.0.2", integratedTime: 0 });
    expect(judgeLogged(entry, trustedLogOf(server.instance))).toEqual({ proof: "ok", set: "absent" });
    expect(decodeEntry(entry.canonicalizedBody)).toMatchObject({ canonical: true, parsed: true });
  });

  test("logs an envelope as the digest of what was signed", async () => {
    const request = statementRequest(SIGNER, { subject: [] });
    const entry = await append(request);
    const pae = request.content.kind === "dsse" ? request.content.pae : bug("not an envelope");
    const { spec } = JSON.parse(new TextDecoder().decode(entry.canonicalizedBody));
    expect(spec.hashedRekordV002.data).toEqual({ algorithm: "SHA2_256", digest: toBase64(sha256(pae)) });
  });

  test("signs with ECDSA as well", async () => {
    await server.close();
    await start({ privateKey: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey, origin: "log.example" });
    const entry = await append(message("x"));
    expect(server.instance).toMatchObject({ keyDetails: "PKIX_ECDSA_P256_SHA_256" });
    expect(judgeLogged(entry, trustedLogOf(server.instance)).proof).toBe("ok");
  });

  test("serves tiles from which a reader computes the signed root and reads every entry", async () => {
    const entries = await Promise.all(Array.from({ length: 9 }, (_, i) => append(message(`m${i}`))));
    const reader = rekor2Reader(http, { url: server.url });
    const note = parseNote(await reader.checkpoint(signal));
    const judged = judgeCheckpoint(note.ok ? note.value : bug(note.detail), [trustedLogOf(server.instance)]);
    const { size, root } = judged.ok ? judged.value : bug(judged.detail);
    const tile = await reader.tile(0, 0, size, signal);
    expect(frontierRoot(frontierOfEdge(size, () => parseTile(tile, 9)) ?? bug("no frontier"))).toEqual(root);
    const bodies = parseEntryBundle(await reader.bundle(0, size, signal), size);
    expect(bodies).toEqual(
      entries.toSorted((a, b) => a.logIndex - b.logIndex).map(({ canonicalizedBody }) => canonicalizedBody),
    );
  });

  test.each(["", "/api/v2"])("serves files under %j with the headers of a static site", async (prefix) => {
    await append(message("x"));
    const checkpoint = await fetch(`${server.url}${prefix}/checkpoint`);
    expect(checkpoint.headers.get("cache-control")).toBe("max-age=3");
    const tile = await fetch(`${server.url}${prefix}/tile/0/000.p/1`);
    expect(tile.headers.get("content-type")).toBe("application/octet-stream");
    expect(tile.headers.get("cache-control")).toContain("immutable");
    expect((await tile.arrayBuffer()).byteLength).toBe(32);
  });

  test.each([
    "/tile/0/001",
    "/tile/0/000.p/2",
    "/tile/0/0",
    "/tile/../state",
    "/state",
    "/extra/000.p/1",
    "/api/v2/tile/0/000.p/0",
    "/api/v1/log",
  ])("answers 404 to %s", async (path) => {
    await append(message("x"));
    expect((await fetch(`${server.url}${path}`)).status).toBe(404);
  });

  test("names the index of an entry that is there already", async () => {
    const request = message("x");
    await append(message("first"));
    await append(request);
    await expect(append(request)).rejects.toMatchObject({ id: "log.duplicate" });
    const answer = await post(toBody(request));
    expect([answer.status, answer.headers.get("x-log-index")]).toEqual([409, "1"]);
    expect(await answer.json()).toMatchObject({ code: 6 });
  });

  test("emits every member, as grpc-gateway does", async () => {
    const answer = await post(toBody(message("x")));
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({ inclusionPromise: null, integratedTime: "0", logIndex: "0" });
  });

  test("takes the names of the proto file too", async () => {
    const { digest, signature } = toBody(message("x")).hashedRekordRequestV002;
    const { x509Certificate, keyDetails } = signature.verifier;
    const snake = {
      hashed_rekord_request_v002: {
        digest,
        signature: {
          content: signature.content,
          verifier: { x509_certificate: { raw_bytes: x509Certificate.rawBytes }, key_details: keyDetails },
        },
      },
    };
    expect((await post(snake)).status).toBe(201);
  });

  test("takes a bare public key", async () => {
    const entry = await append({ ...message("x"), verifier: { kind: "public-key", der: SIGNER.spki } });
    expect(judgeLogged(entry, trustedLogOf(server.instance)).proof).toBe("ok");
  });

  test("is empty and alive at first", async () => {
    const checkpoint = await (await fetch(`${server.url}/checkpoint`)).text();
    expect(checkpoint).toContain("localhost\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ status: "SERVING" });
  });

  test("goes on where it was after a restart", async () => {
    const store = memoryTileStore();
    await server.close();
    await start({ store });
    const request = message("x");
    await append(request);
    await server.close();
    await start({ store });
    await expect(append(request)).rejects.toMatchObject({ id: "log.duplicate" });
    expect(await append(message("y"))).toMatchObject({ logIndex: 1 });
  });

  test("shows by its witness that it is alive, at each entry and every ten minutes", async () => {
    let now = parseUnixMs(1_790_000_000_000) ?? bug("not an instant");
    await server.close();
    const privateKey = generateKeyPairSync("ed25519").privateKey;
    await start({ witness: { name: "witness.example", privateKey, now: () => now } });
    const witness = toWitnessKey(server.witness ?? bug("no witness")) ?? bug("not a witness");
    const seenAt = async (): Promise<readonly number[]> => {
      const note = parseNote(new Uint8Array(await (await fetch(`${server.url}/checkpoint`)).arrayBuffer()));
      const judged = judgeCosignatures(note.ok ? note.value : bug(note.detail), [witness], now);
      return judged.ok ? judged.value.map(({ at }) => at) : bug(judged.detail);
    };
    const first = now;
    expect(judgeLogged(await append(message("x")), trustedLogOf(server.instance)).proof).toBe("ok");
    now = addMs(first, 599_000);
    expect(await seenAt()).toEqual([first]);
    now = addMs(first, 600_000);
    expect(await seenAt()).toEqual([now]);
  });

  test("takes nothing once it is frozen", async () => {
    await server.log.freeze("Log frozen \u2014 today");
    const answer = await post(toBody(message("x")));
    expect(answer.status).toBe(405);
    expect(await answer.text()).toContain("frozen");
  });
});

describe("a request that is refused", () => {
  test("for its signature", async () => {
    await server.close();
    await start({ verifyPrehashed });
    const answer = await post(toBody({ ...message("x"), signature: message("y").signature }));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 3, details: [] });
    expect(server.log.head().size).toBe(0);
  });

  test("for its size", async () => {
    expect((await post(`"${"x".repeat(4 * 1024 * 1024)}"`)).status).toBe(413);
  });

  test("for its method", async () => {
    expect((await fetch(`${server.url}/checkpoint`, { method: "PUT", body: "x" })).status).toBe(405);
  });
});

describe("a log that does wrong", () => {
  test("changes what a reader sees", async () => {
    await append(message("x"));
    faults.mangle = (path, bytes) => (path.startsWith("tile/") ? undefined : bytes.slice(1));
    expect(await (await fetch(`${server.url}/api/v2/checkpoint`)).text()).toMatch(/^ocalhost/);
    expect((await fetch(`${server.url}/api/v2/tile/0/000.p/1`)).status).toBe(404);
  });

  test("promises an entry that a verifier accepts, and forgets it", async () => {
    await append(message("x"));
    faults.pretend = true;
    const entry = await append(message("y"));
    expect(judgeLogged(entry, trustedLogOf(server.instance)).proof).toBe("ok");
    expect(server.log.head().size).toBe(1);
  });
});

describe("@sigstore/sign", () => {
  const publicKey = renderPem("CERTIFICATE", SIGNER.certificate);

  test("logs a message", async () => {
    const request = message("x");
    const digest = request.content.kind === "message" ? request.content.digest : bug("not a message");
    const witness = new RekorWitness({ rekorBaseURL: server.url, majorApiVersion: 2, retry: 0 });
    const material = await witness.testify(
      {
        $case: "messageSignature",
        messageSignature: {
          messageDigest: { algorithm: 1, digest: Buffer.from(digest) },
          signature: Buffer.from(request.signature),
        },
      },
      publicKey,
    );
    const [entry] = material.tlogEntries ?? [];
    expect(entry).toMatchObject({ logIndex: "0", inclusionProof: { treeSize: "1" } });
    expect(new Uint8Array(entry?.logId.keyId ?? [])).toEqual(server.instance.logId);
  });

  test("is refused with an envelope, which servers since v2.3.0 do not take", async () => {
    const request = statementRequest(SIGNER, { subject: [] });
    const envelope = JSON.parse(request.content.kind === "dsse" ? request.content.envelope : bug("not an envelope"));
    const witness = new RekorWitness({ rekorBaseURL: server.url, majorApiVersion: 2, retry: 0 });
    const dsseEnvelope = {
      payload: Buffer.from(parseBase64(envelope.payload) ?? []),
      payloadType: envelope.payloadType,
      signatures: [{ sig: Buffer.from(request.signature), keyid: "" }],
    };
    await expect(witness.testify({ $case: "dsseEnvelope", dsseEnvelope }, publicKey)).rejects.toMatchObject({
      code: "TLOG_CREATE_ENTRY_ERROR",
    });
  });
});

function toBody({ verifier, signature, content }: LogRequest) {
  const digest = content.kind === "message" ? content.digest : bug("not a message");
  return {
    hashedRekordRequestV002: {
      digest: toBase64(digest),
      signature: {
        content: toBase64(signature),
        verifier: { keyDetails: "PKIX_ECDSA_P256_SHA_256", x509Certificate: { rawBytes: toBase64(verifier.der) } },
      },
    },
  };
}

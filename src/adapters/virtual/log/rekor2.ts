import type { KeyObject } from "node:crypto";
import { toBase64 } from "../../../core/bytes/base64.ts";
import { isFrozen } from "../../../core/note/checkpoint.ts";
import type { NoteSignature } from "../../../core/note/note.ts";
import type { Vkey } from "../../../core/note/vkey.ts";
import type { UnixMs } from "../../../core/time.ts";
import type { VerifyPrehashed } from "../../../ports/prehash-verifier.ts";
import type { TileStore } from "../../../ports/tile-store.ts";
import { jsonReply, serve, type Exchange, type Listening, type ListenOptions, type Reply } from "../serve.ts";
import { openLogEngine, type Appended, type LogEngine } from "./engine.ts";
import type { LogFaults } from "./faults.ts";
import type { LogInstance } from "./instance.ts";
import { rekor2Signer, witnessSigner, type NoteSigner } from "./note-signer.ts";
import { isDsseRequest, judgeRequest, REQUEST_BYTES_MAX } from "./rekor2-request.ts";

export type Rekor2Options = ListenOptions & {
  readonly store: TileStore;
  /** A host name: origin and name of its checkpoints, and host of its base URL; `localhost` unless given. */
  readonly origin?: string;
  /** Ed25519 or ECDSA P-256. */
  readonly privateKey: KeyObject;
  /** Whether a signature fits a digest; `() => true` takes all on trust, for who replays a history of his own. */
  readonly verifyPrehashed: VerifyPrehashed;
  /**
   * Cosigns every checkpoint with the time of `now`. Without one nothing in the checkpoint of a log that is quiet ever
   * changes, and its readers cannot tell that it is alive.
   */
  readonly witness?: { readonly name: string; readonly privateKey: KeyObject; readonly now: () => UnixMs };
  readonly batchMs?: number;
  readonly faults?: LogFaults;
};

export type Rekor2 = Listening & {
  readonly instance: LogInstance;
  readonly log: LogEngine;
  /** Of the witness, where there is one. */
  readonly witness?: Vkey;
};

/** How old a cosignature may get (rekor-tiles republishes its checkpoint as often). */
const REPUBLISH_MS = 600_000;

const ENTRIES = "/api/v2/log/entries";
const FILE =
  /^\/(?:api\/v2\/)?(checkpoint|tile\/(?:entries|[0-9]{1,2})\/(?:x[0-9]{3}\/)*[0-9]{3}(?:\.p\/[1-9][0-9]{0,2})?)$/;

/** Starts a log that speaks Rekor v2 (rekor-tiles): uploads of `hashedrekord`, tiles to read. Faults: those of the store and of `serve`. */
export async function startRekor2(options: Rekor2Options): Promise<Rekor2> {
  const { store, batchMs = 0, origin = "localhost" } = options;
  const signer = rekor2Signer(origin, options.privateKey);
  const { witness, cosign, isOld } = newWitness(options);
  const log = await openLogEngine({ store, origin, signer, batchMs, ...(cosign && { cosign }) });
  const faults = options.faults ?? {};
  const upload = newUpload(log, signer, options);
  const answer = async (exchange: Exchange): Promise<Reply> => {
    const { method, path } = exchange;
    const [, file] = FILE.exec(path) ?? [];
    if (method === "POST" && path === ENTRIES) return upload(exchange.body);
    if (method !== "GET" && method !== "HEAD") return refusal(405, 12, "Method Not Allowed");
    if (path === "/healthz") return jsonReply(200, { status: "SERVING" });
    if (file === "checkpoint" && isOld()) await log.resign();
    return file === undefined ? refusal(404, 5, "Not Found") : readFile(log, faults, file);
  };
  const listening = await serve(answer, REQUEST_BYTES_MAX, options);
  const keyDetails = options.privateKey.asymmetricKeyType === "ed25519" ? "PKIX_ED25519" : "PKIX_ECDSA_P256_SHA_256";
  return {
    ...listening,
    log,
    ...(witness && { witness }),
    instance: { baseUrl: `http://${origin}:${listening.port}`, spki: signer.spki, keyDetails, logId: signer.keyId },
    close: async () => {
      await listening.close();
      await log.close();
    },
  };
}

type Witness = {
  readonly witness?: Vkey;
  readonly cosign?: (text: string) => NoteSignature;
  readonly isOld: () => boolean;
};

function newWitness({ witness: options }: Rekor2Options): Witness {
  if (!options) return { isOld: () => false };
  const { name, privateKey, now } = options;
  const signer = witnessSigner(name, privateKey);
  let signedAt = now();
  return {
    witness: signer.vkey,
    cosign: (text) => {
      signedAt = now();
      return signer.cosign(text, Math.floor(signedAt / 1000));
    },
    isOld: () => now() - signedAt >= REPUBLISH_MS,
  };
}

async function readFile(log: LogEngine, faults: LogFaults, file: string): Promise<Reply> {
  const honest = await log.read(file);
  const bytes = honest && faults.mangle ? await faults.mangle(file, honest) : honest;
  if (!bytes) return refusal(404, 5, "Not Found");
  const headers =
    file === "checkpoint"
      ? { "content-type": "text/plain; charset=utf-8", "cache-control": "max-age=3" }
      : { "content-type": "application/octet-stream", "cache-control": "public, max-age=31536000, immutable" };
  return { status: 200, headers, body: bytes };
}

function newUpload(
  log: LogEngine,
  signer: NoteSigner,
  options: Rekor2Options,
): (request: Uint8Array) => Promise<Reply> {
  return async (request) => {
    if (isFrozen(log.head())) {
      return { status: 405, body: "This log has been frozen, please switch to the latest log.\n" };
    }
    const body = judgeRequest(request, options.verifyPrehashed);
    if (!body.ok) {
      return refusal(400, 3, isDsseRequest(request) ? 'proto: unknown field "dsseRequestV002"' : body.detail);
    }
    if (options.faults?.pretend === true)
      return jsonReply(201, toEntry(signer.keyId, body.value, await log.pretend(body.value)));
    const appended = await log.append(body.value);
    if (!appended.duplicate) return jsonReply(201, toEntry(signer.keyId, body.value, appended));
    const message = `an equivalent entry already exists in the transparency log with index ${appended.index}`;
    return refusal(409, 6, message, { "x-log-index": String(appended.index) });
  };
}

/** `TransparencyLogEntry` with all of its members, as grpc-gateway emits it. */
function toEntry(logId: Uint8Array, body: Uint8Array, { index, head, path }: Appended): unknown {
  return {
    logIndex: String(index),
    logId: { keyId: toBase64(logId) },
    kindVersion: { kind: "hashedrekord", version: "0.0.2" },
    integratedTime: "0",
    inclusionPromise: null,
    inclusionProof: {
      logIndex: String(index),
      rootHash: toBase64(head.root),
      treeSize: String(head.size),
      hashes: path.map(toBase64),
      checkpoint: { envelope: head.note },
    },
    canonicalizedBody: toBase64(body),
  };
}

/** An error as grpc-gateway sends it; `code` is gRPC's. */
function refusal(status: number, code: number, message: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return jsonReply(status, { code, message, details: [] }, headers);
}

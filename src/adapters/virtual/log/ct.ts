import type { KeyObject } from "node:crypto";
import { toBase64 } from "../../../core/bytes/base64.ts";
import { Fault } from "../../../core/fault.ts";
import { shapeOf, startReading, toArray, toFullBytes, toObject } from "../../../core/json/fields.ts";
import { readJson } from "../../../core/json/read-json.ts";
import type { UnixMs } from "../../../core/time.ts";
import type { TileStore } from "../../../ports/tile-store.ts";
import { jsonReply, serve, type Exchange, type Listening, type ListenOptions, type Reply } from "../serve.ts";
import type { Submission } from "./ct-chain.ts";
import { answerRead, digitallySigned, refusal, type CtReads } from "./ct-reads.ts";
import { newSubmit, type CtPromise, type Submit } from "./ct-submit.ts";
import { openLogEngine, type LogEngine } from "./engine.ts";
import { mangled, type LogFaults } from "./faults.ts";
import type { LogInstance } from "./instance.ts";
import { rekor1Signer } from "./note-signer.ts";

export type CtOptions = ListenOptions & {
  readonly store: TileStore;
  /** Origin and name of the checkpoints it keeps; `localhost/ct` unless given. */
  readonly origin?: string;
  /** ECDSA P-256. */
  readonly privateKey: KeyObject;
  /** Certificates that a chain must lead to, DER. */
  readonly roots: readonly Uint8Array[];
  readonly now: () => UnixMs;
  readonly batchMs?: number;
  readonly faults?: LogFaults;
};

export type Ct = Listening & {
  readonly instance: LogInstance;
  readonly log: LogEngine;
  /** What `add-pre-chain` does, for a CA in the same process. Faults: `log.refused`, and those of the store. */
  addPreChain(chain: readonly Uint8Array[]): Promise<CtPromise>;
};

const REQUEST_BYTES_MAX = 1024 * 1024;
const CERTIFICATE_BYTES_MAX = 65_536;

/** Starts a Certificate Transparency log (RFC 6962 §4). Faults: those of the store and of `serve`. */
export async function startCt(options: CtOptions): Promise<Ct> {
  const { store, batchMs = 0, now, origin = "localhost/ct" } = options;
  const signer = rekor1Signer(origin, options.privateKey);
  const log = await openLogEngine({ store, origin, signer, batchMs, extras: true });
  const submit = newSubmit(options, log, signer);
  const reads: CtReads = { log, signer, now, roots: options.roots };
  const answer = async (exchange: Exchange): Promise<Reply> => {
    switch (`${exchange.method} ${exchange.path}`) {
      case "POST /ct/v1/add-pre-chain":
        return add(submit, "precert", exchange);
      case "POST /ct/v1/add-chain":
        return add(submit, "x509", exchange);
      default:
        return exchange.method === "GET"
          ? mangled(options.faults ?? {}, exchange, await answerRead(reads, exchange))
          : refusal(405, "method not allowed");
    }
  };
  const listening = await serve(answer, REQUEST_BYTES_MAX, options);
  return {
    ...listening,
    log,
    addPreChain: async (chain) => {
      const promise = await submit("precert", chain);
      if (!promise.ok) throw new Fault("log.refused", promise.detail);
      return promise.value;
    },
    instance: {
      baseUrl: listening.url,
      spki: signer.spki,
      keyDetails: "PKIX_ECDSA_P256_SHA_256",
      logId: signer.keyId,
    },
    close: async () => {
      await listening.close();
      await log.close();
    },
  };
}

const CHAIN = shapeOf("the request", ["chain"]);

async function add(submit: Submit, kind: Submission["kind"], { body }: Exchange): Promise<Reply> {
  const json = readJson(body, { bytesMax: REQUEST_BYTES_MAX, depthMax: 3 });
  if (!json.ok) return refusal(400, json.detail);
  const reading = startReading();
  const items = toArray(reading, toObject(reading, json.value, CHAIN)["chain"], "chain");
  const certificates = items.map((item) => toFullBytes(reading, item, "a certificate", CERTIFICATE_BYTES_MAX));
  const read = reading.conclude(undefined);
  if (!read.ok) return refusal(400, read.detail);
  const promise = await submit(kind, certificates);
  if (!promise.ok) return refusal(400, `failed to verify add-chain contents: ${promise.detail}`);
  const { logId, timestamp, signature } = promise.value;
  return jsonReply(200, {
    sct_version: 0,
    id: toBase64(logId),
    timestamp,
    extensions: "",
    signature: toBase64(digitallySigned(signature)),
  });
}

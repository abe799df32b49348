import { toBase64 } from "../../core/bytes/base64.ts";
import { parseUtf8, toUtf8 } from "../../core/bytes/utf8.ts";
import { readTlogEntry } from "../../core/bundle/read-entry.ts";
import type { TlogEntry } from "../../core/bundle/bundle.ts";
import { sha256 } from "../../core/digest.ts";
import { Fault, renameFault, type FaultId } from "../../core/fault.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import type { HttpClient, HttpResponse } from "../../ports/http-client.ts";
import type { LogRequest, LogWriter } from "../../ports/transparency-log.ts";

export type Rekor2WriterOptions = {
  /** The base for writing, without `/api/v2`; its host may differ from the log's name. */
  readonly url: string;
  readonly timeoutMs?: number;
};

/** The log answers when a checkpoint covers the entry, which takes seconds. */
const TIMEOUT_MS = 30_000;
const ANSWER_BYTES_MAX = 1024 * 1024;
const MESSAGE_CHARACTERS_MAX = 300;
const TRANSPORT: Partial<Record<FaultId, FaultId>> = {
  "http.unreachable": "log.unreachable",
  "http.timeout": "log.unreachable",
  "http.too-large": "log.too-large",
  "http.malformed": "log.malformed",
};

/**
 * Appends to a Rekor v2 (rekor-tiles `rekor_service.proto`, CLIENTS.md). An entry that is there already is
 * `log.duplicate`: the log names its index and nothing else.
 */
export function rekor2Writer(http: HttpClient, options: Rekor2WriterOptions): LogWriter {
  const url = `${options.url.replace(/\/+$/, "")}/api/v2/log/entries`;
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  return {
    type: "rekor2",
    append: async (request, signal) => {
      const headers = { accept: "application/json", "content-type": "application/json" };
      const body = renderRequest(request);
      const limits = { bytesMax: ANSWER_BYTES_MAX, timeoutMs };
      try {
        return entryOf(await http.send({ method: "POST", url, headers, body, ...limits }, signal), url);
      } catch (error) {
        throw renameFault(error, TRANSPORT);
      }
    },
  };
}

/**
 * Always a hashedrekord, whose size is constant: of the artifact, or of the envelope's PAE (CLIENTS.md; the `dsse` request
 * is refused by servers since v2.3.0).
 */
function renderRequest({ verifier, signature, content }: LogRequest): Uint8Array {
  const digest = content.kind === "message" ? content.digest : sha256(content.pae);
  const key = { rawBytes: toBase64(verifier.der) };
  return toUtf8(
    JSON.stringify({
      hashedRekordRequestV002: {
        digest: toBase64(digest),
        signature: {
          content: toBase64(signature),
          verifier: {
            ...(verifier.kind === "certificate" ? { x509Certificate: key } : { publicKey: key }),
            keyDetails: "PKIX_ECDSA_P256_SHA_256",
          },
        },
      },
    }),
  );
}

function entryOf({ status, headers, body }: HttpResponse, url: string): TlogEntry {
  if (status === 409) throw new Fault("log.duplicate", `${url}: index ${headers["x-log-index"] ?? "not told"}`);
  if (status === 413) throw new Fault("log.too-large", url);
  if (status !== 200 && status !== 201) throw new Fault(faultOf(status), `${url}: ${status} ${messageOf(body)}`);
  const json = readJson(body, { bytesMax: ANSWER_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  const entry = json.ok ? readTlogEntry(json.value) : json;
  if (!entry.ok) throw new Fault("log.malformed", `${url}: ${entry.detail}`);
  return entry.value;
}

/** 405 is a frozen shard, 503 push-back; 404 means that this is no Rekor v2. */
function faultOf(status: number): FaultId {
  if (status === 429 || status >= 500) return "log.unreachable";
  return status === 404 ? "log.malformed" : "log.refused";
}

function messageOf(body: Uint8Array): string {
  return (parseUtf8(body) ?? "").replaceAll(/\s+/g, " ").trim().slice(0, MESSAGE_CHARACTERS_MAX);
}

import { toBase64 } from "../../core/bytes/base64.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { renderPem } from "../../core/bytes/pem.ts";
import { parseUtf8, toUtf8 } from "../../core/bytes/utf8.ts";
import type { TlogEntry } from "../../core/bundle/bundle.ts";
import { Fault, renameFault, type FaultId } from "../../core/fault.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "../../ports/http-client.ts";
import type { LogRequest, LogWriter } from "../../ports/transparency-log.ts";
import { ANSWER_BYTES_MAX, readEntryMap } from "./entry.ts";

export type Rekor1WriterOptions = {
  /** The base, without `/api/v1`. */
  readonly url: string;
  readonly timeoutMs?: number;
};

const TIMEOUT_MS = 15_000;
const MESSAGE_CHARACTERS_MAX = 300;
const TRANSPORT: Partial<Record<FaultId, FaultId>> = {
  "http.unreachable": "log.unreachable",
  "http.timeout": "log.unreachable",
  "http.too-large": "log.too-large",
  "http.malformed": "log.malformed",
};

/**
 * Appends to a Rekor v1 (rekor `openapi.yaml`, `POST /api/v1/log/entries`). An entry that is there already is answered
 * with itself, so that a repeat after a lost answer is not a second entry.
 */
export function rekor1Writer(http: HttpClient, options: Rekor1WriterOptions): LogWriter {
  const base = options.url.replace(/\/+$/, "");
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const send = async (request: Pick<HttpRequest, "method" | "url" | "body">, signal: AbortSignal) => {
    const headers = { accept: "application/json", "content-type": "application/json" };
    try {
      return await http.send({ ...request, headers, bytesMax: ANSWER_BYTES_MAX, timeoutMs }, signal);
    } catch (error) {
      throw renameFault(error, TRANSPORT);
    }
  };
  return {
    type: "rekor1",
    append: async (request, signal) => {
      const url = `${base}/api/v1/log/entries`;
      const answer = await send({ method: "POST", url, body: renderProposal(request) }, signal);
      if (answer.status !== 409) return entryOf(answer, url);
      const existing = `${url}/${existingId(answer, url)}`;
      return entryOf(await send({ method: "GET", url: existing }, signal), existing);
    },
  };
}

/** Types `hashedrekord` and `dsse`, both 0.0.1 (rekor `pkg/types`). The log keeps a hash of the envelope only, but is sent all of it. */
function renderProposal({ verifier, signature, content }: LogRequest): Uint8Array {
  const pem = renderPem(verifier.kind === "certificate" ? "CERTIFICATE" : "PUBLIC KEY", verifier.der);
  const key = toBase64(toUtf8(pem));
  const proposal =
    content.kind === "message"
      ? {
          kind: "hashedrekord",
          spec: {
            data: { hash: { algorithm: "sha256", value: toHex(content.digest) } },
            signature: { content: toBase64(signature), publicKey: { content: key } },
          },
        }
      : { kind: "dsse", spec: { proposedContent: { envelope: content.envelope, verifiers: [key] } } };
  return toUtf8(JSON.stringify({ apiVersion: "0.0.1", ...proposal }));
}

const EXISTING = /\/api\/v1\/log\/entries\/([0-9a-f]{64}|[0-9a-f]{80})$/;

/** `Location` of a 409 names the entry; only the id is taken from it, never the host. */
function existingId({ headers, body }: HttpResponse, url: string): string {
  const id = EXISTING.exec(headers["location"] ?? "")?.[1];
  if (id === undefined) throw new Fault("log.malformed", `${url}: 409 without an entry's location: ${messageOf(body)}`);
  return id;
}

function entryOf(answer: HttpResponse, url: string): TlogEntry {
  const { status, body } = answer;
  if (status === 200 || status === 201) {
    const [found, ...more] = readEntryMap(body, url);
    if (!found || more.length > 0) throw new Fault("log.malformed", `${url}: not exactly one entry`);
    return found.entry;
  }
  if (status === 413) throw new Fault("log.too-large", url);
  const id = status === 429 || status >= 500 ? "log.unreachable" : status === 404 ? "log.malformed" : "log.refused";
  throw new Fault(id, `${url}: ${status} ${messageOf(body)}`);
}

function messageOf(body: Uint8Array): string {
  return (parseUtf8(body) ?? "").replaceAll(/\s+/g, " ").trim().slice(0, MESSAGE_CHARACTERS_MAX);
}

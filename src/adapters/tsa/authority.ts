import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { Fault, renameFault, type FaultId } from "../../core/fault.ts";
import type { HttpClient, HttpResponse } from "../../ports/http-client.ts";
import type { TimestampAuthority } from "../../ports/timestamp-authority.ts";

export type TsaOptions = {
  /** The whole URL of the service, path included. */
  readonly url: string;
  readonly timeoutMs?: number;
};

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 64 * 1024;
const MESSAGE_CHARACTERS_MAX = 300;
const TRANSPORT: Partial<Record<FaultId, FaultId>> = {
  "http.unreachable": "tsa.unreachable",
  "http.timeout": "tsa.unreachable",
  "http.too-large": "tsa.malformed",
  "http.malformed": "tsa.malformed",
};

/** A timestamp authority over HTTP (RFC 3161 §3.4). */
export function httpTimestampAuthority(http: HttpClient, options: TsaOptions): TimestampAuthority {
  const { url, timeoutMs = TIMEOUT_MS } = options;
  return {
    stamp: async (request, signal) => {
      const headers = { "content-type": "application/timestamp-query", accept: "application/timestamp-reply" };
      const limits = { bytesMax: ANSWER_BYTES_MAX, timeoutMs };
      try {
        return toReply(await http.send({ method: "POST", url, headers, body: request, ...limits }, signal), url);
      } catch (error) {
        throw renameFault(error, TRANSPORT);
      }
    },
  };
}

/** Sigstore's authority answers 201, RFC 3161 names no status. What the bytes are is for the caller to judge. */
function toReply({ status, headers, body }: HttpResponse, url: string): Uint8Array {
  if (status === 429 || status >= 500) throw new Fault("tsa.unreachable", `${url}: ${status}`);
  if (status !== 200 && status !== 201) throw new Fault("tsa.refused", `${url}: ${status} ${messageOf(body)}`);
  const type = headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== "application/timestamp-reply") throw new Fault("tsa.malformed", `${url}: content-type ${type}`);
  return body;
}

function messageOf(body: Uint8Array): string {
  return (parseUtf8(body) ?? "").replaceAll(/\s+/g, " ").trim().slice(0, MESSAGE_CHARACTERS_MAX);
}

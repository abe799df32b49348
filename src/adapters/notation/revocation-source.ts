import { toHex } from "../../core/bytes/hex.ts";
import { sha256 } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import type { UnixMs } from "../../core/time.ts";
import { isSameQuestion, type RevocationQuestion, type RevocationReply } from "../../core/x509/assess-revocation.ts";
import type { Clock } from "../../ports/clock.ts";
import type { HttpClient, HttpRequest } from "../../ports/http-client.ts";
import type { RevocationSource } from "../../ports/revocation-source.ts";

/** A list or response is 1 MiB at most, and comes within five seconds (verification chapter §6). */
const REPLY_BYTES_MAX = 1024 * 1024;
const TIMEOUT_MS = 5000;
/** What is kept, in all; the oldest goes first. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;

type Kept = { readonly bytes: Uint8Array; readonly until: UnixMs };

/** Asks OCSP responders (RFC 6960 §A.1, by POST) and servers of lists, over plain http, without following redirects. */
export function httpRevocationSource(http: HttpClient, clock: Pick<Clock, "now">): RevocationSource {
  const kept = new Map<string, Kept>();
  return {
    ask: async (question, signal) => {
      const known = kept.get(nameOf(question));
      if (known && clock.now() <= known.until) return { question, bytes: known.bytes };
      return askOver(http, question, signal);
    },
    keep: (replies, good) => {
      for (const { question, until } of good) {
        const reply = replies.find((one) => isSameQuestion(one.question, question));
        if (!reply || !("bytes" in reply)) continue;
        kept.delete(nameOf(question));
        kept.set(nameOf(question), { bytes: reply.bytes, until });
      }
      evict(kept);
    },
  };
}

function nameOf(question: RevocationQuestion): string {
  return question.kind === "crl" ? question.url : `${toHex(sha256(question.request))} ${question.url}`;
}

function evict(kept: Map<string, Kept>): void {
  let total = 0;
  for (const { bytes } of kept.values()) total += bytes.length;
  for (const [name, { bytes }] of kept) {
    if (total <= KEPT_BYTES_MAX) return;
    kept.delete(name);
    total -= bytes.length;
  }
}

async function askOver(http: HttpClient, question: RevocationQuestion, signal: AbortSignal): Promise<RevocationReply> {
  try {
    const { status, body } = await http.send(toRequest(question), signal);
    return status === 200 ? { question, bytes: body } : { question, gap: `status ${status}` };
  } catch (error) {
    if (error instanceof Fault) return { question, gap: error.message };
    throw error;
  }
}

function toRequest(question: RevocationQuestion): HttpRequest {
  const { url } = question;
  const common = { url, bytesMax: REPLY_BYTES_MAX, timeoutMs: TIMEOUT_MS };
  if (question.kind === "crl") return { ...common, method: "GET" };
  const headers = { "content-type": "application/ocsp-request", accept: "application/ocsp-response" };
  return { ...common, method: "POST", headers, body: question.request };
}

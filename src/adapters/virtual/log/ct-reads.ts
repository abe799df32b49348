import { bug } from "../../../core/bug.ts";
import { parseBase64, toBase64 } from "../../../core/bytes/base64.ts";
import { concatBytes } from "../../../core/bytes/bytes.ts";
import { parseSha256 } from "../../../core/digest.ts";
import { parseLeafIndex, parseTreeSize, type TreeSize } from "../../../core/merkle/tree.ts";
import type { UnixMs } from "../../../core/time.ts";
import { jsonReply, type Exchange, type Reply } from "../serve.ts";
import type { LogEngine } from "./engine.ts";
import type { NoteSigner } from "./note-signer.ts";

/** More are cut off, as RFC 6962 §4.6 allows. */
const ENTRIES_MAX = 256;
const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/** What the reading half of a CT log answers from. */
export type CtReads = {
  readonly log: LogEngine;
  readonly signer: NoteSigner;
  readonly now: () => UnixMs;
  readonly roots: readonly Uint8Array[];
};

/** Answers the reading half (RFC 6962 §4.3 to §4.7). */
export async function answerRead(reads: CtReads, { path, query }: Exchange): Promise<Reply> {
  switch (path) {
    case "/ct/v1/get-sth":
      return readSth(reads);
    case "/ct/v1/get-sth-consistency":
      return readConsistency(reads.log, query);
    case "/ct/v1/get-proof-by-hash":
      return readProof(reads.log, query);
    case "/ct/v1/get-entries":
      return readEntries(reads.log, query);
    case "/ct/v1/get-roots":
      return jsonReply(200, { certificates: reads.roots.map(toBase64) });
    default:
      return refusal(404, "not found");
  }
}

/** `TreeHeadSignature` (RFC 6962 §3.5), signed anew at each request. */
async function readSth({ log, signer, now }: CtReads): Promise<Reply> {
  const { size, root } = log.head();
  const timestamp = now();
  const head = new Uint8Array(18);
  const view = new DataView(head.buffer);
  head[1] = 1;
  view.setBigUint64(2, BigInt(timestamp));
  view.setBigUint64(10, BigInt(size));
  const signature = await signer.sign(concatBytes([head, root]));
  return jsonReply(200, {
    tree_size: size,
    timestamp,
    sha256_root_hash: toBase64(root),
    tree_head_signature: toBase64(digitallySigned(signature)),
  });
}

function readConsistency(log: LogEngine, query: URLSearchParams): Reply {
  const [from, to] = [toSize(query.get("first")), toSize(query.get("second"))];
  if (from === undefined || to === undefined || from > to || to > log.head().size) return refusal(400, "no such sizes");
  return jsonReply(200, { consistency: from === 0 ? [] : log.consistency(from, to).map(toBase64) });
}

function readProof(log: LogEngine, query: URLSearchParams): Reply {
  const leaf = parseSha256(parseBase64(query.get("hash") ?? "") ?? new Uint8Array(0));
  const size = toSize(query.get("tree_size"));
  if (!leaf || size === undefined || size > log.head().size) return refusal(400, "hash or tree_size is malformed");
  const index = log.indexOf(leaf);
  if (index === undefined || index >= size) return refusal(404, "hash is not in the tree");
  return jsonReply(200, { leaf_index: index, audit_path: log.inclusion(index, size).map(toBase64) });
}

async function readEntries(log: LogEngine, query: URLSearchParams): Promise<Reply> {
  const [start, end] = [toSize(query.get("start")), toSize(query.get("end"))];
  const { size } = log.head();
  if (start === undefined || end === undefined || start > end || start >= size) return refusal(400, "no such entries");
  const count = Math.min(end + 1, size, start + ENTRIES_MAX) - start;
  const entries = await Promise.all(
    Array.from({ length: count }, (_, i) => log.entry(parseLeafIndex(start + i) ?? bug("an index below a size"))),
  );
  return jsonReply(200, {
    entries: entries.map((entry) => ({
      leaf_input: toBase64(entry?.body ?? new Uint8Array(0)),
      extra_data: toBase64(entry?.extra ?? new Uint8Array(0)),
    })),
  });
}

function toSize(text: string | null): TreeSize | undefined {
  return text !== null && DECIMAL.test(text) ? parseTreeSize(Number(text)) : undefined;
}

/** SHA-256 with ECDSA (RFC 5246 §4.7). */
export function digitallySigned(signature: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(4, 3, signature.length >> 8, signature.length), signature]);
}

/** An error as CT logs send it. */
export function refusal(status: number, message: string): Reply {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body: `${message}\n` };
}

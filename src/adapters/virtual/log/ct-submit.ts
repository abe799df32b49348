import { bug } from "../../../core/bug.ts";
import { concatBytes } from "../../../core/bytes/bytes.ts";
import { toHex } from "../../../core/bytes/hex.ts";
import { sha256 } from "../../../core/digest.ts";
import { ENTRY_BYTES_MAX } from "../../../core/merkle/tiles.ts";
import { malformed, parsed, type Parsed } from "../../../core/parsed.ts";
import type { UnixMs } from "../../../core/time.ts";
import { parseCertificate, type Certificate } from "../../../core/x509/certificate.ts";
import { judgeIssuers, judgeLeaf, renderExtraData, renderLeaf, type Submission } from "./ct-chain.ts";
import type { LogEngine } from "./engine.ts";
import type { NoteSigner } from "./note-signer.ts";

/** A promise of the log (RFC 6962 §3.2); `signature` is DER. */
export type CtPromise = {
  readonly logId: Uint8Array;
  readonly timestamp: number;
  readonly extensions: Uint8Array;
  readonly signature: Uint8Array;
};

/** Takes in a leaf with its issuers. */
export type Submit = (kind: Submission["kind"], certificates: readonly Uint8Array[]) => Promise<Parsed<CtPromise>>;

const CHAINS_KEPT = 64;
const TIMES_KEPT = 100_000;

/** Judges what is submitted, puts it into the log, and promises that it is there. */
export function newSubmit(
  options: { readonly roots: readonly Uint8Array[]; readonly now: () => UnixMs },
  log: LogEngine,
  signer: NoteSigner,
): Submit {
  const roots = options.roots.map((der) => {
    const root = parseCertificate(der);
    return root.ok ? root.value : bug(`a root of a CT log: ${root.detail}`);
  });
  const issuersOf = newIssuerMemory(roots);
  const timeOf = newTimeMemory(options.now);
  return async (kind, [leaf = new Uint8Array(0), ...chain]) => {
    const issuers = issuersOf(chain);
    const submission = issuers.ok ? judgeLeaf(kind, leaf, issuers.value, chain) : issuers;
    if (!submission.ok) return submission;
    const timestamp = timeOf(leaf);
    const signed = renderLeaf(submission.value, timestamp);
    const extra = renderExtraData(submission.value);
    if (signed.length > ENTRY_BYTES_MAX || extra.length > ENTRY_BYTES_MAX) return malformed("ct-chain", "too large");
    await log.append(signed, extra);
    return parsed({
      logId: signer.keyId,
      timestamp,
      extensions: new Uint8Array(0),
      signature: await signer.sign(signed),
    });
  };
}

/** A CA sends the same issuers with every leaf; their signatures are verified once. */
function newIssuerMemory(
  roots: readonly Certificate[],
): (chain: readonly Uint8Array[]) => Parsed<readonly Certificate[]> {
  const known = new Map<string, readonly Certificate[]>();
  return (chain) => {
    const key = toHex(sha256(concatBytes(chain)));
    const remembered = known.get(key);
    if (remembered) return parsed(remembered);
    const issuers = judgeIssuers(chain, roots);
    if (issuers.ok && known.size < CHAINS_KEPT) known.set(key, issuers.value);
    return issuers;
  };
}

/** When each leaf was first taken in: one that comes again gets the same promise. Gone with the process, as CT logs may. */
function newTimeMemory(now: () => UnixMs): (leaf: Uint8Array) => number {
  const known = new Map<string, number>();
  return (leaf) => {
    const key = toHex(sha256(leaf));
    const time = known.get(key) ?? now();
    known.set(key, time);
    const [oldest] = known.size > TIMES_KEPT ? known.keys() : [];
    if (oldest !== undefined) known.delete(oldest);
    return time;
  };
}

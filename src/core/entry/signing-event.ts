import type { DigestRef, Sha256 } from "../digest.ts";
import type { Identity } from "../identity/identity.ts";
import type { Interval, UnixMs } from "../time.ts";

/**
 * What became of one log entry: a signing act, verified to be in the log, with all that the leaf says of it.
 * An entry that could not be parsed is an event too (`parsed: false`): nothing is dropped.
 */
export type SigningEvent = {
  readonly log: LogName;
  /** Position in the tree, zero-based. */
  readonly logIndex: number;
  /** Rekor v1's index over all shards; absent where the log has one index only. */
  readonly globalIndex?: number;
  readonly leafHash: Sha256;
  readonly kind: string;
  readonly apiVersion: string;
  readonly parsed: boolean;
  /** `verified`: the certificate chains to a CA of the trusted root; `untrusted`: it does not; `none`: signed with a bare key. */
  readonly chain: "verified" | "untrusted" | "none";
  /** Of the certificate; absent for bare keys. One entry per SAN and signer, the first first. */
  readonly identities: readonly Identity[];
  readonly certificate?: EventCertificate;
  /** The sort key, which never changes (transparency-log chapter §4). */
  readonly eventTime: UnixMs;
  readonly timeBasis: "not-before" | "integrated" | "first-seen";
  readonly firstSeen: UnixMs;
  /** In seconds, under a SET; a claim of the log alone. */
  readonly integratedTime?: number;
  readonly signed: Interval;
  readonly logged: Interval;
  readonly digests: readonly EventDigest[];
  /** `body-not-canonical`, `time-out-of-range`, … */
  readonly flags: readonly string[];
};

/** How a log is called in configuration and on screen. Its cryptographic identity is the key id. */
export type LogName = string;

export type EventCertificate = {
  readonly sha256: Sha256;
  readonly serialHex: string;
  readonly notBefore: UnixMs;
  readonly notAfter: UnixMs;
  /** Fulcio extensions `1.3.6.1.4.1.57264.1.N` as text, by N. */
  readonly extensions: Readonly<Record<string, string>>;
};

/**
 * A digest found with an event, and the part it plays. `subject` comes through a bundle, not from the leaf;
 * `via` is then the digest of that bundle.
 */
export type EventDigest = { readonly role: DigestRole; readonly digest: DigestRef; readonly via?: DigestRef };

export const DIGEST_ROLES = [
  "data",
  "payload",
  "pae",
  "envelope",
  "signature",
  "certificate",
  "subject",
  "leaf",
] as const;
export type DigestRole = (typeof DIGEST_ROLES)[number];

/** Which entry of which log. */
export type EventRef = Pick<SigningEvent, "log" | "logIndex">;

/** Names an event for people and in URLs: `log/index`. */
export function renderEventRef(event: EventRef): string {
  return `${event.log}/${event.logIndex}`;
}

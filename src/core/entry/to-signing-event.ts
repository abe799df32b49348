import { digestRefOf, parseSha256, toDigestRef, type Sha256 } from "../digest.ts";
import type { Interval, UnixMs } from "../time.ts";
import { decodeEntry } from "./decode-entry.ts";
import type { DecodedEntry, EntryDigest, EntrySigner } from "./decoded-entry.ts";
import { judgeTimes } from "./event-times.ts";
import type { LeafFacts, LeafJudge } from "./leaf-judge.ts";
import type { EventDigest, LogName, SigningEvent } from "./signing-event.ts";

/** An entry that is proven to be in its log, and what is known of it beside its body. */
export type ProvenEntry = {
  readonly log: LogName;
  readonly logIndex: number;
  /** Rekor v1 alone. */
  readonly globalIndex?: number;
  readonly leafHash: Sha256;
  readonly body: Uint8Array;
  /** Seconds; only where a signed entry timestamp over it verified. */
  readonly integratedTime?: number;
  /** From our own checkpoints: the last without the entry, the first with it. */
  readonly seenBetween: Interval;
  readonly firstSeen: UnixMs;
  /** When the log's key began to be valid; nothing in it is older. */
  readonly validFrom?: UnixMs;
  readonly flags?: readonly string[];
};

/**
 * Makes an entry into the event that it records. Total: what cannot be read is kept with `parsed: false`. Identities come
 * from verified certificates when there are any, so that a second, worthless signature neither hides nor lends a name.
 */
export function toSigningEvent(entry: ProvenEntry, judgeLeaf: LeafJudge): SigningEvent {
  const decoded = decodeEntry(entry.body);
  const signers = decoded.parsed ? decoded.signers : [];
  const leaves = signers.flatMap(({ verifier }) => (verifier.kind === "certificate" ? [judgeLeaf(verifier.der)] : []));
  const { chain, chosen, flags } = choose(leaves, signers.length);
  const certificate = chosen.find((leaf) => leaf.certificate)?.certificate;
  const times = judgeTimes(entry, chain === "verified" ? certificate?.notBefore : undefined);
  const { log, logIndex, globalIndex, leafHash, firstSeen, integratedTime } = entry;
  return {
    log,
    logIndex,
    ...(globalIndex !== undefined && { globalIndex }),
    leafHash,
    kind: decoded.kind,
    apiVersion: decoded.apiVersion,
    parsed: decoded.parsed,
    chain,
    identities: distinctIdentities(chosen),
    ...(certificate && { certificate }),
    eventTime: times.eventTime,
    timeBasis: times.timeBasis,
    firstSeen,
    ...(integratedTime !== undefined && { integratedTime }),
    signed: times.signed,
    logged: times.logged,
    digests: digestsOf(leafHash, decoded, leaves),
    flags: [
      ...(entry.flags ?? []),
      ...flagsOf(decoded),
      ...flags,
      ...outside(integratedTime, certificate),
      ...times.flags,
    ],
  };
}

/** Whose names an event goes by. */
function choose(
  leaves: readonly LeafFacts[],
  signerCount: number,
): { readonly chain: SigningEvent["chain"]; readonly chosen: readonly LeafFacts[]; readonly flags: readonly string[] } {
  const flags = [...new Set(leaves.flatMap((leaf) => leaf.flags))];
  const verified = leaves.filter(({ chain }) => chain === "verified");
  if (verified.length === 0) return { chain: leaves.length > 0 ? "untrusted" : "none", chosen: leaves, flags };
  const others = verified.length < signerCount ? ["untrusted-signer"] : [];
  return { chain: "verified", chosen: verified, flags: [...flags, ...others] };
}

function flagsOf(decoded: DecodedEntry): readonly string[] {
  const canonical = decoded.canonical ? [] : ["body-not-canonical"];
  if (!decoded.parsed) return [...canonical, decoded.problem.code];
  const long = decoded.digests.some(({ algorithm }) => algorithm !== "sha256");
  return [...canonical, ...decoded.flags, ...(long ? ["digest-not-sha256"] : [])];
}

/** A certificate with two issuers, or two signers of one name, name an identity once. */
function distinctIdentities(leaves: readonly LeafFacts[]): SigningEvent["identities"] {
  const [first, ...others] = leaves;
  if (!first || others.length === 0) return first?.identities ?? [];
  const known = new Map(
    leaves.flatMap(({ identities }) => identities.map((identity) => [JSON.stringify(identity), identity] as const)),
  );
  return [...known.values()];
}

/** Digests by which an event is found (chapter §7), each once. */
function digestsOf(leafHash: Sha256, decoded: DecodedEntry, leaves: readonly LeafFacts[]): readonly EventDigest[] {
  const leaf: EventDigest = { role: "leaf", digest: toDigestRef(leafHash) };
  if (!decoded.parsed) return [leaf];
  return [
    ...decoded.digests.flatMap(toEventDigest),
    ...decoded.signers.flatMap(signatureDigest),
    ...leaves.map((facts): EventDigest => ({ role: "certificate", digest: toDigestRef(facts.sha256) })),
    leaf,
  ];
}

function toEventDigest({ role, algorithm, bytes }: EntryDigest): readonly EventDigest[] {
  const digest = algorithm === "sha256" ? parseSha256(bytes) : undefined;
  return digest ? [{ role, digest: toDigestRef(digest) }] : [];
}

function signatureDigest({ signature }: EntrySigner): readonly EventDigest[] {
  return signature ? [{ role: "signature", digest: digestRefOf(signature) }] : [];
}

/** T6: a time that the log vouches for, at which the certificate was not valid. */
function outside(integratedTime: number | undefined, certificate: SigningEvent["certificate"]): readonly string[] {
  if (integratedTime === undefined || !certificate) return [];
  const at = integratedTime * 1000;
  return at < certificate.notBefore || at > certificate.notAfter ? ["outside-certificate-validity"] : [];
}

import { digestRefOf, sha256, toDigestRef, type Sha256 } from "../core/digest.ts";
import type { SigningEvent } from "../core/entry/signing-event.ts";
import type { Identity } from "../core/identity/identity.ts";
import type { UnixMs } from "../core/time.ts";
import type { EventBatch, StoredCheckpoint, StoredEntry } from "./event-store.ts";

export const T0 = 1_790_000_000_000;
export const LOG = "rekor-private";
export const hashOf = (...bytes: readonly number[]): Sha256 => sha256(Uint8Array.from(bytes));
export const builder = (team: string): Identity => ({
  issuer: "https://oidc.example",
  san: `https://kubernetes.io/namespaces/${team}/serviceaccounts/builder`,
  sanType: "uri",
});

/** An entry of a log, for tests of stores; `change` overrides what matters. */
export function storedEntry(logIndex: number, change: Partial<SigningEvent> = {}): StoredEntry {
  const body = new TextEncoder().encode(`{"entry":${logIndex}}`);
  const event: SigningEvent = {
    log: LOG,
    logIndex,
    leafHash: hashOf(0, ...body),
    kind: "hashedrekord",
    apiVersion: "0.0.2",
    parsed: true,
    chain: "verified",
    identities: [builder("payments-prod")],
    certificate: {
      sha256: hashOf(1, logIndex % 256),
      serialHex: "00ff",
      notBefore: (T0 + logIndex) as UnixMs,
      notAfter: (T0 + logIndex + 600_000) as UnixMs,
      extensions: { "1": "https://oidc.example", "8": "https://oidc.example" },
    },
    eventTime: (T0 + logIndex * 1000) as UnixMs,
    timeBasis: "not-before",
    firstSeen: (T0 + 5_000_000) as UnixMs,
    signed: { lo: T0 as UnixMs, hi: (T0 + 1) as UnixMs },
    logged: { hi: (T0 + 2) as UnixMs },
    digests: [
      { role: "data", digest: digestRefOf(body) },
      { role: "leaf", digest: toDigestRef(hashOf(0, ...body)) },
    ],
    flags: [],
    ...change,
  };
  return { event, body };
}

/** A checkpoint of the log in `storedEntry`. */
export function storedCheckpoint(size: number, change: Partial<StoredCheckpoint> = {}): StoredCheckpoint {
  const note = new TextEncoder().encode(`rekor-private\n${size}\n`);
  return { log: LOG, size, root: sha256(note), note, firstSeen: (T0 + size) as UnixMs, source: "log", ...change };
}

/** The batch that adds these entries after `expectedUpto`. */
export function batchOf(
  expectedUpto: number,
  events: readonly StoredEntry[],
  change: Partial<EventBatch["position"]> = {},
): EventBatch {
  const indexedUpto = expectedUpto + events.length;
  return {
    expectedUpto,
    events,
    position: {
      log: LOG,
      state: "following",
      reason: "",
      startIndex: 0,
      indexedUpto,
      frontier: [hashOf(9, indexedUpto % 256)],
      head: storedCheckpoint(indexedUpto),
      updatedAt: T0 as UnixMs,
      tally: { unparsed: 0, untrusted: 0 },
      ...change,
    },
  };
}

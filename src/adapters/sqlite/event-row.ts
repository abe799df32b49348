import { Fault } from "../../core/fault.ts";
import { parseDigestRef, parseSha256, parseSha256Hex, type DigestRef, type Sha256 } from "../../core/digest.ts";
import {
  DIGEST_ROLES,
  type EventCertificate,
  type EventDigest,
  type SigningEvent,
} from "../../core/entry/signing-event.ts";
import type { Identity, SanType } from "../../core/identity/identity.ts";
import { parseUnixMs, type Interval, type UnixMs } from "../../core/time.ts";
import { toHex } from "../../core/bytes/hex.ts";

/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * What of an event stands in no column, as JSON: fields no query looks for.
 * Digests are one text, each its role's number and 64 hexadecimal digits, and those learned elsewhere a list with the
 * digest of the bundle that told them: this is written once for every entry of a log, and read for a page of them.
 */
export function renderDetail(event: SigningEvent): string {
  const { certificate } = event;
  const learned = event.digests.filter(({ via }) => via !== undefined);
  return JSON.stringify({
    v: event.apiVersion,
    p: event.parsed,
    c: event.chain,
    i: event.identities.map(({ issuer, san, sanType }) => [issuer, san, sanType]),
    x: certificate && {
      h: toHex(certificate.sha256),
      s: certificate.serialHex,
      b: certificate.notBefore,
      a: certificate.notAfter,
      e: certificate.extensions,
    },
    t: event.timeBasis,
    s: [event.signed.lo, event.signed.hi],
    l: [event.logged.lo, event.logged.hi],
    d: renderOwn(event.digests),
    w: learned.length === 0 ? undefined : learned.map(({ role, digest, via }) => [role, digest, via]),
    f: event.flags,
  });
}

const HASH_PREFIX = "sha256:";
const DIGEST_CHARACTERS = 65;

function renderOwn(digests: readonly EventDigest[]): string {
  let joined = "";
  for (const { role, digest, via } of digests) {
    if (via === undefined) joined += DIGEST_ROLES.indexOf(role) + digest.slice(HASH_PREFIX.length);
  }
  return joined;
}

function parseOwn(joined: string): readonly EventDigest[] {
  return Array.from({ length: Math.ceil(joined.length / DIGEST_CHARACTERS) }, (_, i) => {
    const one = joined.slice(i * DIGEST_CHARACTERS, (i + 1) * DIGEST_CHARACTERS);
    return {
      role: DIGEST_ROLES[Number(one.slice(0, 1))] ?? corrupt("digest role"),
      digest: asDigest(HASH_PREFIX + one.slice(1)),
    };
  });
}

/** An event out of its row. A row that is not one of ours is `store.corrupt`: STRICT tables leave only the disk to blame. */
export function toEvent(row: Row): SigningEvent {
  const detail = readDetail(text(row, "detail"));
  const integratedTime = optionalNumber(row, "integrated_time");
  const globalIndex = optionalNumber(row, "global_index");
  return {
    log: text(row, "name"),
    logIndex: number(row, "log_index"),
    ...(globalIndex === undefined ? {} : { globalIndex }),
    leafHash: sha256Column(row, "leaf_hash"),
    kind: text(row, "kind"),
    eventTime: time(row, "event_time"),
    firstSeen: time(row, "first_seen"),
    ...(integratedTime === undefined ? {} : { integratedTime }),
    ...detail,
  };
}

type Detail = Omit<
  SigningEvent,
  "log" | "logIndex" | "globalIndex" | "leafHash" | "kind" | "eventTime" | "firstSeen" | "integratedTime"
>;

function readDetail(json: string): Detail {
  const root = record(JSON.parse(json));
  const chain = CHAINS.find((name) => name === root["c"]) ?? corrupt("chain");
  const timeBasis = BASES.find((name) => name === root["t"]) ?? corrupt("time basis");
  const certificate = root["x"] === undefined ? undefined : toCertificate(record(root["x"]));
  return {
    apiVersion: text(root, "v"),
    parsed: root["p"] === true,
    chain,
    identities: list(root["i"]).map(toIdentity),
    ...(certificate ? { certificate } : {}),
    timeBasis,
    signed: toInterval(list(root["s"])),
    logged: toInterval(list(root["l"])),
    digests: [...parseOwn(text(root, "d")), ...list(root["w"] ?? []).map(toLearnedDigest)],
    flags: list(root["f"]).map(asText),
  };
}

const CHAINS = ["verified", "untrusted", "none"] as const;
const BASES = ["not-before", "integrated", "first-seen"] as const;
const SAN_TYPES: readonly SanType[] = ["uri", "email", "dns", "other-name"];

function toIdentity(value: unknown): Identity {
  const [issuer, san, type] = list(value);
  return {
    issuer: asText(issuer),
    san: asText(san),
    sanType: SAN_TYPES.find((name) => name === type) ?? corrupt("type of a SAN"),
  };
}

function toCertificate(value: Row): EventCertificate {
  return {
    sha256: parseSha256Hex(text(value, "h")) ?? corrupt("certificate hash"),
    serialHex: text(value, "s"),
    notBefore: time(value, "b"),
    notAfter: time(value, "a"),
    extensions: Object.fromEntries(Object.entries(record(value["e"])).map(([key, v]) => [key, asText(v)])),
  };
}

function toLearnedDigest(value: unknown): EventDigest {
  const [role, digest, via] = list(value);
  return {
    role: DIGEST_ROLES.find((name) => name === role) ?? corrupt("digest role"),
    digest: asDigest(asText(digest)),
    via: asDigest(asText(via)),
  };
}

function toInterval([lo, hi]: readonly unknown[]): Interval {
  return {
    ...(typeof lo === "number" ? { lo: asTime(lo) } : {}),
    ...(typeof hi === "number" ? { hi: asTime(hi) } : {}),
  };
}

/** Reads a TEXT column. */
export function text(row: Row, column: string): string {
  return asText(row[column]);
}

/** Reads an INTEGER column. */
export function number(row: Row, column: string): number {
  const value = row[column];
  return typeof value === "number" ? value : corrupt(column);
}

/** Reads a BLOB column into bytes of our own. */
export function blob(row: Row, column: string): Uint8Array {
  const value = row[column];
  return value instanceof Uint8Array ? new Uint8Array(value) : corrupt(column);
}

/** Reads a BLOB column of 32 bytes. */
export function sha256Column(row: Row, column: string): Sha256 {
  return parseSha256(blob(row, column)) ?? corrupt(column);
}

/** Reads an INTEGER column of milliseconds. */
export function time(row: Row, column: string): UnixMs {
  return asTime(number(row, column));
}

/** What a row of ours that cannot be ours is: `store.corrupt`. */
export function corrupt(what: string): never {
  throw new Fault("store.corrupt", `a row's ${what}`);
}

function optionalNumber(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : number(row, column);
}

function asTime(value: number): UnixMs {
  return parseUnixMs(value) ?? corrupt("time");
}

function asDigest(value: string): DigestRef {
  return parseDigestRef(value) ?? corrupt("digest");
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : corrupt("text");
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : corrupt("list");
}

function record(value: unknown): Row {
  return isRecord(value) ? value : corrupt("detail");
}

function isRecord(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

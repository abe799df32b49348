import type { CborKey, CborValue } from "../cbor/cbor.ts";
import { readCbor } from "../cbor/read-cbor.ts";
import { writeCbor } from "../cbor/write-cbor.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { parseUnixMs, type UnixMs } from "../time.ts";
import { parseAlgorithm } from "./algorithm.ts";
import { ATTRIBUTE, readAttributes, UNSIGNED, type ProtectedHeader } from "./attributes.ts";
import {
  CERTIFICATE_BYTES_MAX,
  CHAIN_CERTIFICATES_MAX,
  ENVELOPE_BYTES_MAX,
  TIMESTAMP_BYTES_MAX,
  type NotationEnvelope,
} from "./envelope.ts";
import type { EnvelopeReason } from "./reason.ts";

type Read<T> = Parsed<T, EnvelopeReason>;
type Entries = ReadonlyMap<CborKey, CborValue>;

/** RFC 9052 §4.2. */
const SIGN1_TAG = 18;
/** RFC 9052 §3.1, RFC 9360 §2. */
const LABEL = { algorithm: 1, critical: 2, contentType: 3, chain: 33 } as const;
/** Seconds since 1970 (RFC 8949 §3.4.2). */
const EPOCH_TAG = 1;
const UNPROTECTED: ReadonlySet<CborKey> = new Set([LABEL.chain, UNSIGNED.timestamp, UNSIGNED.agent]);

type Sign1 = {
  readonly protectedHeader: Uint8Array;
  readonly unprotected: Entries;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
};

/** Reads an envelope in COSE_Sign1 (RFC 9052 §4.2; Notary Project signature-envelope-cose), tagged. */
export function readCoseEnvelope(bytes: Uint8Array): Read<NotationEnvelope> {
  const cbor = readCbor(bytes, ENVELOPE_BYTES_MAX);
  if (!cbor.ok) return cbor;
  const sign1 = toSign1(cbor.value);
  if (!sign1.ok) return sign1;
  const { protectedHeader, unprotected, payload, signature } = sign1.value;
  const signed = readProtected(protectedHeader);
  if (!signed.ok) return signed;
  const unsigned = readUnprotected(unprotected);
  if (!unsigned.ok) return unsigned;
  const signedBytes = signatureInput(protectedHeader, payload);
  return parsed({ format: "cose", ...signed.value, ...unsigned.value, signedBytes, signature, payload });
}

function toSign1(value: CborValue): Read<Sign1> {
  const tagged = value.kind === "tag" && value.tag === SIGN1_TAG ? value.value : undefined;
  const items = tagged?.kind === "array" ? tagged.items : [];
  if (items.length !== 4) return refuse("not a tagged COSE_Sign1 of four parts");
  const [protectedHeader, payload, signature] = [items[0], items[2], items[3]].map(toByteString);
  const unprotected = items[1]?.kind === "map" ? items[1].entries : undefined;
  return protectedHeader && unprotected && payload && signature
    ? parsed({ protectedHeader, unprotected, payload, signature })
    : refuse("not a header, a map, a payload and a signature");
}

function toByteString(value: CborValue | undefined): Uint8Array | undefined {
  return value?.kind === "bytes" ? value.value : undefined;
}

/** `Sig_structure` (RFC 9052 §4.4), the protected header as it was received. */
function signatureInput(protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array {
  const items: readonly CborValue[] = [
    { kind: "text", value: "Signature1" },
    { kind: "bytes", value: protectedHeader },
    { kind: "bytes", value: new Uint8Array(0) },
    { kind: "bytes", value: payload },
  ];
  return writeCbor({ kind: "array", items });
}

function refuse(detail: string): Read<never> {
  return malformed("notation-envelope", detail);
}

type FromProtected = Pick<NotationEnvelope, "algorithm" | "attributes">;

function readProtected(bytes: Uint8Array): Read<FromProtected> {
  const cbor = readCbor(bytes, bytes.length);
  if (!cbor.ok) return cbor;
  if (cbor.value.kind !== "map") return refuse("the protected header is not a map");
  const { entries } = cbor.value;
  const alg = entries.get(LABEL.algorithm);
  const algorithm = alg?.kind === "integer" ? parseAlgorithm(alg.value) : undefined;
  if (!algorithm) return malformed("notation-algorithm", "an algorithm that is not accepted, or none");
  const header = toHeader(entries);
  if (!header.ok) return header;
  const attributes = readAttributes(header.value);
  return attributes.ok ? parsed({ algorithm, attributes: attributes.value }) : attributes;
}

function toHeader(entries: Entries): Read<ProtectedHeader> {
  const critical = toCritical(entries.get(LABEL.critical));
  const contentType = entries.get(LABEL.contentType);
  const scheme = entries.get(ATTRIBUTE.scheme);
  if (!critical) return malformed("notation-critical-attribute", "no list of critical attributes");
  if (contentType?.kind !== "text") return refuse("the content type is not text");
  if (scheme?.kind !== "text") return malformed("notation-scheme", "no signing scheme");
  const times = [ATTRIBUTE.signingTime, ATTRIBUTE.authenticSigningTime, ATTRIBUTE.expiry].map((name) =>
    toInstant(entries.get(name)),
  );
  if (times.includes("malformed")) return refuse("a time that is not whole seconds under tag 1");
  const [signingTime, authenticSigningTime, expiry] = times.map((at) => (at === "malformed" ? undefined : at));
  return parsed({
    names: [...entries.keys()],
    own: [LABEL.algorithm, LABEL.critical, LABEL.contentType],
    critical,
    contentType: contentType.value,
    scheme: scheme.value,
    signingTime,
    authenticSigningTime,
    expiry,
  });
}

function toCritical(value: CborValue | undefined): readonly (string | number)[] | undefined {
  if (value?.kind !== "array") return undefined;
  const names = value.items.flatMap((item) => (item.kind === "text" || item.kind === "integer" ? [item.value] : []));
  return names.length === value.items.length ? names : undefined;
}

function toInstant(value: CborValue | undefined): UnixMs | undefined | "malformed" {
  if (!value) return undefined;
  const isEpoch = value.kind === "tag" && value.tag === EPOCH_TAG && value.value.kind === "integer";
  const at = isEpoch && value.value.kind === "integer" ? parseUnixMs(value.value.value * 1000) : undefined;
  return at ?? "malformed";
}

type FromUnprotected = Pick<NotationEnvelope, "chain" | "timestamp">;

function readUnprotected(entries: Entries): Read<FromUnprotected> {
  if ([...entries.keys()].some((key) => !UNPROTECTED.has(key))) return refuse("an unprotected attribute not known");
  const agent = entries.get(UNSIGNED.agent);
  if (agent && agent.kind !== "text") return refuse("the signing agent is not text");
  const chain = toChain(entries.get(LABEL.chain));
  if (!chain.ok) return chain;
  const timestamp = entries.get(UNSIGNED.timestamp);
  if (!timestamp) return parsed({ chain: chain.value });
  if (timestamp.kind !== "bytes" || timestamp.value.length > TIMESTAMP_BYTES_MAX) {
    return refuse("the time stamp is not a byte string of a time stamp's size");
  }
  return parsed({ chain: chain.value, timestamp: timestamp.value });
}

/** One certificate, or an array of them (RFC 9360 §2). */
function toChain(value: CborValue | undefined): Read<NotationEnvelope["chain"]> {
  const items = value?.kind === "array" ? value.items : value ? [value] : [];
  if (items.length > CHAIN_CERTIFICATES_MAX) {
    return malformed("too-many-certificates", `${items.length} where ${CHAIN_CERTIFICATES_MAX} are allowed`);
  }
  const [leaf, ...issuers] = items.flatMap((item) =>
    item.kind === "bytes" && item.value.length <= CERTIFICATE_BYTES_MAX ? [item.value] : [],
  );
  const isWhole = leaf !== undefined && issuers.length + 1 === items.length;
  return isWhole ? parsed([leaf, ...issuers]) : refuse("x5chain is not a list of certificates");
}

import { constants, sign } from "node:crypto";
import { printableString, sequence, set, oid, utf8String } from "../../src/core/asn1/writer.ts";
import { concatBytes } from "../../src/core/bytes/bytes.ts";
import { toBase64, toBase64Url } from "../../src/core/bytes/base64.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import type { CborKey, CborValue } from "../../src/core/cbor/cbor.ts";
import { writeCbor } from "../../src/core/cbor/write-cbor.ts";
import type { TargetArtifact } from "../../src/core/notation/payload.ts";
import type { Certificate } from "../../src/core/x509/certificate.ts";
import { at, type Pair } from "./make-certificate.ts";

/** Signatures of the Notary Project made by hand, member by member, so that a test can have exactly one wrong. */
export type NotationRequest = {
  readonly key: Pair;
  readonly chain: readonly Certificate[];
  readonly target: TargetArtifact;
  readonly scheme?: string;
  /** RFC 3339; of the scheme's own time. */
  readonly signingTime?: string;
  readonly expiry?: string;
  /** In place of the attributes that are critical. */
  readonly critical?: readonly string[];
  /** JWS: protected members added or, when undefined, left out. COSE: the same by label, as items. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly labels?: readonly (readonly [CborKey, CborValue | undefined])[];
  readonly payload?: string;
  /** A time stamp over the signature. */
  readonly stamp?: (signature: Uint8Array) => Uint8Array;
  /** Unsigned members added. */
  readonly unsigned?: Readonly<Record<string, unknown>>;
  /** Signs otherwise. */
  readonly signAs?: (bytes: Uint8Array) => Uint8Array;
};

const PREFIX = "io.cncf.notary";
const SCHEME = "notary.x509";
const MADE = "2026-01-01T00:00:05Z";
const PAYLOAD_TYPE = "application/vnd.cncf.notary.payload.v1+json";

export function makeJws(request: NotationRequest): Uint8Array {
  const { scheme = SCHEME, signingTime = MADE, expiry, chain } = request;
  const header = {
    alg: algorithmOf(request.key).jws,
    cty: PAYLOAD_TYPE,
    crit: criticalOf(request),
    [`${PREFIX}.signingScheme`]: scheme,
    [timeName(scheme)]: signingTime,
    ...(expiry !== undefined && { [`${PREFIX}.expiry`]: expiry }),
    ...request.members,
  };
  const [signed, payload] = [JSON.stringify(header), payloadOf(request)].map((text) => toBase64Url(toUtf8(text)));
  const signature = signOf(request)(toUtf8(`${signed}.${payload}`));
  const envelope = {
    payload,
    protected: signed,
    header: {
      x5c: chain.map(({ der }) => toBase64(der)),
      ...(request.stamp && { [`${PREFIX}.timestampSignature`]: toBase64(request.stamp(signature)) }),
      ...request.unsigned,
    },
    signature: toBase64Url(signature),
  };
  return toUtf8(JSON.stringify(envelope));
}

export function makeCose(request: NotationRequest): Uint8Array {
  const { scheme = SCHEME, signingTime = MADE, expiry, chain } = request;
  const header = new Map<CborKey, CborValue>([
    [1, { kind: "integer", value: algorithmOf(request.key).cose }],
    [2, { kind: "array", items: criticalOf(request).map(text) }],
    [3, text(PAYLOAD_TYPE)],
    [`${PREFIX}.signingScheme`, text(scheme)],
    [timeName(scheme), epoch(signingTime)],
    ...(expiry === undefined ? [] : [[`${PREFIX}.expiry`, epoch(expiry)] as const]),
  ]);
  for (const [label, item] of request.labels ?? []) {
    if (item) header.set(label, item);
    else header.delete(label);
  }
  const signed = bytes(writeCbor({ kind: "map", entries: header }));
  const payload = bytes(toUtf8(payloadOf(request)));
  const input = writeCbor({ kind: "array", items: [text("Signature1"), signed, bytes(new Uint8Array(0)), payload] });
  const signature = signOf(request)(input);
  const unsigned = new Map<CborKey, CborValue>([
    [33, { kind: "array", items: chain.map(({ der }) => bytes(der)) }],
    ...(request.stamp ? [[`${PREFIX}.timestampSignature`, bytes(request.stamp(signature))] as const] : []),
    ...Object.entries(request.unsigned ?? {}).map(([name, value]) => [name, text(String(value))] as const),
  ]);
  const items = [signed, { kind: "map", entries: unsigned } as const, payload, bytes(signature)];
  return writeCbor({ kind: "tag", tag: 18, value: { kind: "array", items } });
}

export const text = (value: string): CborValue => ({ kind: "text", value });
export const epoch = (time: string): CborValue => ({
  kind: "tag",
  tag: 1,
  value: { kind: "integer", value: at(time) / 1000 },
});
const bytes = (value: Uint8Array): CborValue => ({ kind: "bytes", value });

function timeName(scheme: string): string {
  return `${PREFIX}.${scheme === SCHEME ? "signingTime" : "authenticSigningTime"}`;
}

function criticalOf({ critical, scheme = SCHEME, expiry }: NotationRequest): readonly string[] {
  const names = ["signingScheme", ...(scheme === SCHEME ? [] : ["authenticSigningTime"])];
  return critical ?? [...names, ...(expiry === undefined ? [] : ["expiry"])].map((name) => `${PREFIX}.${name}`);
}

function payloadOf({ payload, target }: NotationRequest): string {
  return payload ?? JSON.stringify({ targetArtifact: target });
}

function algorithmOf({ publicKey }: Pair): { readonly jws: string; readonly cose: number; readonly hash: string } {
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {};
  if (modulusLength === 3072) return { jws: "PS384", cose: -38, hash: "sha384" };
  if (modulusLength !== undefined) return { jws: "PS256", cose: -37, hash: "sha256" };
  if (namedCurve === "secp384r1") return { jws: "ES384", cose: -35, hash: "sha384" };
  return { jws: "ES256", cose: -7, hash: "sha256" };
}

function signOf({ key, signAs }: NotationRequest): (input: Uint8Array) => Uint8Array {
  const { hash } = algorithmOf(key);
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const scheme = key.publicKey.asymmetricKeyType === "rsa" ? pss : ({ dsaEncoding: "ieee-p1363" } as const);
  return signAs ?? ((input) => new Uint8Array(sign(hash, input, { key: key.privateKey, ...scheme })));
}

const TYPES: Readonly<Record<string, string>> = {
  C: "2.5.4.6",
  ST: "2.5.4.8",
  L: "2.5.4.7",
  O: "2.5.4.10",
  OU: "2.5.4.11",
  CN: "2.5.4.3",
};

/** A Name of several parts, each `[type, value]`, in DER. */
export function makeSubject(parts: readonly (readonly [string, string])[]): Uint8Array {
  return sequence(
    parts.map(([type, value]) =>
      set([sequence([oid(TYPES[type] ?? type), type === "C" ? printableString(value) : utf8String(value)])]),
    ),
  );
}

/** One signature with one byte other. */
export function withFlippedBit(envelope: Uint8Array, index: number): Uint8Array {
  return concatBytes([
    envelope.subarray(0, index),
    Uint8Array.of((envelope[index] ?? 0) ^ 1),
    envelope.subarray(index + 1),
  ]);
}

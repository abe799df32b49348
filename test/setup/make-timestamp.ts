import { contextConstructed, contextPrimitive } from "../../src/core/asn1/tag.ts";
import {
  boolean,
  element,
  explicitTag,
  generalizedTime,
  implicitTag,
  integer,
  octetString,
  oid,
  sequence,
  set,
} from "../../src/core/asn1/writer.ts";
import { concatBytes } from "../../src/core/bytes/bytes.ts";
import { digestAlgorithm, signatureAlgorithm } from "../../src/core/crypto/algorithm.ts";
import { hashBytes, sha256, type HashName } from "../../src/core/digest.ts";
import type { Certificate } from "../../src/core/x509/certificate.ts";
import { at, signWith, type Pair } from "./make-certificate.ts";

/** Time stamps made by hand, part by part, so that a test can have exactly one part wrong. */
export type StampRequest = {
  readonly signature: Uint8Array;
  readonly signer: { readonly key: Pair; readonly certificate: Certificate };
  readonly genTime?: string;
  /** Certificates that go with the token. */
  readonly certificates?: readonly Certificate[];
  readonly parts?: Partial<StampParts>;
};

/** DER of the parts, lists as lists. */
export type StampParts = {
  readonly status: Uint8Array;
  readonly imprint: Uint8Array;
  /** TSTInfo after genTime. */
  readonly infoRest: readonly Uint8Array[];
  readonly genTime: Uint8Array;
  readonly infoVersion: Uint8Array;
  readonly contentType: Uint8Array;
  readonly version: Uint8Array;
  /** SET of digest algorithms of SignedData. */
  readonly announced: Uint8Array;
  readonly digest: HashName;
  readonly attributes: readonly Uint8Array[];
  /** In place of the attributes, whole. */
  readonly attributesElement: Uint8Array;
  readonly signerVersion: Uint8Array;
  readonly signerId: Uint8Array;
  readonly signatureAlgorithm: Uint8Array;
  readonly signature: Uint8Array;
  readonly certificates: Uint8Array;
  /** SignerInfo after the signature. */
  readonly unsigned: Uint8Array;
  readonly signers: (signer: Uint8Array) => Uint8Array;
  readonly response: (parts: readonly [Uint8Array, Uint8Array]) => Uint8Array;
};

export const TST_INFO = "1.2.840.113549.1.9.16.1.4";
export const attribute = (id: string, ...values: Uint8Array[]): Uint8Array => sequence([oid(id), set(values)]);
export const CONTENT_TYPE: Uint8Array = attribute("1.2.840.113549.1.9.3", oid(TST_INFO));
export const messageDigest = (digest: Uint8Array): Uint8Array => attribute("1.2.840.113549.1.9.4", octetString(digest));
export const signingCertificateV2 = (digest: Uint8Array, hash?: HashName): Uint8Array => {
  const id = sequence([...(hash ? [digestAlgorithm(hash)] : []), octetString(digest)]);
  return attribute("1.2.840.113549.1.9.16.2.47", sequence([sequence([id])]));
};
export const signingCertificateV1 = (digest: Uint8Array): Uint8Array =>
  attribute("1.2.840.113549.1.9.16.2.12", sequence([sequence([sequence([octetString(digest)])])]));

export const imprintOf = (signature: Uint8Array, hash: HashName = "sha256"): Uint8Array =>
  sequence([digestAlgorithm(hash), octetString(hashBytes(hash, signature))]);
export const keyIdentifier = (ski: Uint8Array): Uint8Array => element(contextPrimitive(0), ski);

export const STAMPED = "2026-01-01T00:00:05Z";
const DEFAULT_REST = [sequence([integer(1)]), integer(77)];

export function makeTimestamp(request: StampRequest): Uint8Array {
  const { parts = {} } = request;
  const signer = makeSigner(request);
  const signedData = sequence([
    parts.version ?? integer(3),
    parts.announced ?? set([digestAlgorithm(parts.digest ?? "sha256")]),
    sequence([parts.contentType ?? oid(TST_INFO), explicitTag(0, octetString(makeInfo(request)))]),
    parts.certificates ?? embedded(request.certificates),
    parts.signers ? parts.signers(signer) : set([signer]),
  ]);
  const token = sequence([oid("1.2.840.113549.1.7.2"), explicitTag(0, signedData)]);
  const status = parts.status ?? sequence([integer(0)]);
  return parts.response ? parts.response([status, token]) : sequence([status, token]);
}

function makeSigner(request: StampRequest): Uint8Array {
  const { parts = {} } = request;
  const { key, certificate } = request.signer;
  const digest = parts.digest ?? "sha256";
  const attributes = set(parts.attributes ?? defaultAttributes(request, makeInfo(request), digest));
  return sequence([
    parts.signerVersion ?? integer(1),
    parts.signerId ?? sequence([certificate.issuer, integer(certificate.serial)]),
    digestAlgorithm(digest),
    parts.attributesElement ?? implicitTag(contextConstructed(0), attributes),
    parts.signatureAlgorithm ?? signatureAlgorithm(key.algorithm),
    octetString(parts.signature ?? signWith(key, attributes)),
    parts.unsigned ?? new Uint8Array(0),
  ]);
}

function embedded(certificates: readonly Certificate[] | undefined): Uint8Array {
  if (!certificates) return new Uint8Array(0);
  return element(contextConstructed(0), concatBytes(certificates.map(({ der }) => der)));
}

/** The default attributes of a token, for a test that changes one. */
export function defaultAttributes(
  request: StampRequest,
  info = makeInfo(request),
  digest: HashName = "sha256",
): readonly Uint8Array[] {
  return [
    CONTENT_TYPE,
    messageDigest(hashBytes(digest, info)),
    signingCertificateV2(sha256(request.signer.certificate.der)),
  ];
}

function makeInfo({ signature, genTime, parts = {} }: StampRequest): Uint8Array {
  return sequence([
    parts.infoVersion ?? integer(1),
    oid("1.3.6.1.4.1.57264.2"),
    parts.imprint ?? imprintOf(signature),
    integer(99),
    parts.genTime ?? generalizedTime(at(genTime ?? STAMPED)),
    ...(parts.infoRest ?? DEFAULT_REST),
  ]);
}

/** An extension of TSTInfo, in the list that holds it. */
export const infoExtensions = (critical: boolean): Uint8Array =>
  element(
    contextConstructed(1),
    sequence([oid("1.2.3.4"), ...(critical ? [boolean(true)] : []), octetString(integer(1))]),
  );

import {
  enter,
  finish,
  leave,
  nextTag,
  openDer,
  readAny,
  readContent,
  readElement,
  refuse,
} from "../../../core/asn1/reader.ts";
import { contextConstructed, TAG } from "../../../core/asn1/tag.ts";
import { readDefaultFalse, readInteger, readOid, readSmallInteger } from "../../../core/asn1/values.ts";
import {
  element,
  explicitTag,
  generalizedTime,
  implicitTag,
  integer,
  octetString,
  oid,
  sequence,
  set,
} from "../../../core/asn1/writer.ts";
import { concatBytes } from "../../../core/bytes/bytes.ts";
import { digestAlgorithm, parseDigestAlgorithm, signatureAlgorithm } from "../../../core/crypto/algorithm.ts";
import { hashBytes, sha256, type HashName } from "../../../core/digest.ts";
import { addMs, type UnixMs } from "../../../core/time.ts";
import { algorithmOf, newSerial, signBytes, type Authority } from "./certificate.ts";

/** What is to be stamped (RFC 3161 §2.4.1, TimeStampReq). */
export type TimestampRequest = {
  readonly hash: HashName;
  readonly digest: Uint8Array;
  /** Content of the INTEGER. */
  readonly nonce: Uint8Array | undefined;
  /** Whether the signer's certificate goes into the token. */
  readonly certReq: boolean;
};

const DIGEST_BYTES: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 };

/** Reads a DER request; `undefined` when it is malformed, or for a hash that is never accepted, such as SHA-1. */
export function parseTimestampRequest(der: Uint8Array): TimestampRequest | undefined {
  const r = openDer(der);
  const outer = enter(r, TAG.sequence);
  if (readSmallInteger(r) !== 1) refuse(r, "der-integer");
  const imprint = enter(r, TAG.sequence);
  const hash = parseDigestAlgorithm(readElement(r, TAG.sequence));
  const digest = readContent(r, TAG.octetString);
  leave(r, imprint);
  if (nextTag(r) === TAG.oid) readOid(r);
  const nonce = nextTag(r) === TAG.integer ? readInteger(r) : undefined;
  const certReq = readDefaultFalse(r);
  if (nextTag(r) === contextConstructed(0)) readAny(r);
  leave(r, outer);
  if (!finish(r, undefined).ok) return undefined;
  return hash && toTimestampRequest({ hash, digest, nonce, certReq });
}

/** The request, if the digest is as long as its hash makes it. */
export function toTimestampRequest(request: TimestampRequest): TimestampRequest | undefined {
  return request.digest.length === DIGEST_BYTES[request.hash] ? request : undefined;
}

const ID_SIGNED_DATA = oid("1.2.840.113549.1.7.2");
const ID_CONTENT_TYPE = oid("1.2.840.113549.1.9.3");
const ID_MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4");
const ID_TST_INFO = oid("1.2.840.113549.1.9.16.1.4");
const ID_SIGNING_CERTIFICATE_V2 = oid("1.2.840.113549.1.9.16.2.47");
/** The policy that Sigstore's own authority names (timestamp-authority `pkg/api`). */
const POLICY = oid("1.3.6.1.4.1.57264.2");
const GRANTED = sequence([integer(0)]);

/**
 * Answers requests as the holder of one key; what is the same in every answer is encoded once. `serial`: of its certificate.
 * `embedded`: the certificates that go into a token, the signer's own unless given.
 */
export function newTimestamper(
  signer: Authority,
  issuer: { readonly name: Uint8Array; readonly serial: Uint8Array },
  embedded: readonly Uint8Array[] = [signer.certificate],
): (request: TimestampRequest, now: UnixMs) => Uint8Array {
  const algorithm = algorithmOf(signer.key);
  const hash = algorithm.key === "ecdsa" ? algorithm.hash : "sha512";
  const digestIdentifier = digestAlgorithm(hash);
  const signatureIdentifier = signatureAlgorithm(algorithm);
  const digestAlgorithms = set([digestIdentifier]);
  const signerId = sequence([issuer.name, integer(issuer.serial)]);
  const contentType = attribute(ID_CONTENT_TYPE, ID_TST_INFO);
  // ESSCertIDv2 without its default, SHA-256 (RFC 5035 §4).
  const certId = sequence([sequence([sequence([octetString(sha256(signer.certificate))])])]);
  const signingCertificate = attribute(ID_SIGNING_CERTIFICATE_V2, certId);
  const certificates = element(contextConstructed(0), concatBytes(embedded));

  return (request, now) => {
    const info = tstInfo(request, now);
    const attributes = set([
      contentType,
      attribute(ID_MESSAGE_DIGEST, octetString(hashBytes(hash, info))),
      signingCertificate,
    ]);
    const signerInfo = sequence([
      integer(1),
      signerId,
      digestIdentifier,
      implicitTag(contextConstructed(0), attributes),
      signatureIdentifier,
      octetString(signBytes(signer.key, attributes)),
    ]);
    const signedData = sequence([
      integer(3),
      digestAlgorithms,
      sequence([ID_TST_INFO, explicitTag(0, octetString(info))]),
      ...(request.certReq ? [certificates] : []),
      set([signerInfo]),
    ]);
    return sequence([GRANTED, sequence([ID_SIGNED_DATA, explicitTag(0, signedData)])]);
  };
}

/** TSTInfo; whole seconds, as Sigstore's authority: some readers know no fractions. */
function tstInfo({ hash, digest, nonce }: TimestampRequest, now: UnixMs): Uint8Array {
  return sequence([
    integer(1),
    POLICY,
    sequence([digestAlgorithm(hash), octetString(digest)]),
    integer(newSerial()),
    generalizedTime(addMs(now, -(now % 1000))),
    sequence([integer(1)]),
    ...(nonce ? [signedInteger(nonce)] : []),
  ]);
}

function attribute(id: Uint8Array, value: Uint8Array): Uint8Array {
  return sequence([id, set([value])]);
}

/** An INTEGER with the very content it came with. */
function signedInteger(content: Uint8Array): Uint8Array {
  return implicitTag(TAG.integer, octetString(content));
}

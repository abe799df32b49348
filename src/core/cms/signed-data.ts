import { enter, leave, more, nextTag, readContent, readElement, refuse, type DerReader } from "../asn1/reader.ts";
import { oidContent } from "../asn1/oid.ts";
import { contextConstructed, contextPrimitive, TAG } from "../asn1/tag.ts";
import { readInteger, readOid, readSmallInteger } from "../asn1/values.ts";
import { sameBytes } from "../bytes/bytes.ts";
import { parseCmsSignatureAlgorithm, parseDigestAlgorithm, type SignatureAlgorithm } from "../crypto/algorithm.ts";
import type { HashName } from "../digest.ts";
import { noAttributes, readAttributes, type SignedAttributes } from "./attributes.ts";
import type { TstCode } from "./tst-code.ts";

/** Which certificate the signer names (RFC 5652 §5.3). */
export type SignerId =
  | { readonly kind: "serial"; readonly issuer: Uint8Array; readonly serial: Uint8Array }
  | { readonly kind: "ski"; readonly ski: Uint8Array };

/** A SignedData with its one signer, read and not verified. */
export type SignedData = {
  /** Content of the OBJECT IDENTIFIER of the content's type. */
  readonly contentType: Uint8Array;
  readonly content: Uint8Array;
  /** Certificates that came with it, DER, untrusted and unread. */
  readonly certificates: readonly Uint8Array[];
  readonly signer: SignerInfo;
};

export type SignerInfo = {
  readonly id: SignerId;
  readonly digest: HashName;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
  /** The attributes as they were signed: tagged as SET OF, otherwise as received. */
  readonly signedBytes: Uint8Array;
  readonly attributes: SignedAttributes;
};

type Reader = DerReader<TstCode>;

const SIGNED_DATA = oidContent("1.2.840.113549.1.7.2");
const CERTIFICATES_MAX = 10;
const ALGORITHMS_MAX = 8;
/** For content that is not plain data (RFC 5652 §5.1). */
const SIGNED_DATA_VERSION = 3;

/** Reads `ContentInfo` of signed-data (RFC 5652 §3, §5.1) with exactly one signer. */
export function readSignedData(r: Reader): SignedData {
  const info = enter(r, TAG.sequence);
  if (!sameBytes(readOid(r), SIGNED_DATA)) refuse(r, "tst-syntax", "not signed-data");
  const wrapper = enter(r, contextConstructed(0));
  const outer = enter(r, TAG.sequence);
  if (readSmallInteger(r) !== SIGNED_DATA_VERSION) refuse(r, "tst-syntax", "version of SignedData");
  const digests = readDigestAlgorithms(r);
  const { contentType, content } = readContentInfo(r);
  const certificates = readCertificates(r);
  // Nothing here has a use for revocation lists, and nobody signs them in.
  if (nextTag(r) === contextConstructed(1)) refuse(r, "tst-syntax", "revocation lists");
  const signer = readSigners(r);
  if (!digests.includes(signer.digest)) refuse(r, "tst-syntax", "the signer's digest is not among those announced");
  leave(r, outer);
  leave(r, wrapper);
  leave(r, info);
  return { contentType, content, certificates, signer };
}

/** Digests announced to readers that hash while they read; the signer says its own again. */
function readDigestAlgorithms(r: Reader): readonly (HashName | undefined)[] {
  const digests: (HashName | undefined)[] = [];
  const outer = enter(r, TAG.set);
  while (more(r)) {
    if (digests.length >= ALGORITHMS_MAX) refuse(r, "tst-syntax", `more than ${ALGORITHMS_MAX} digest algorithms`);
    digests.push(parseDigestAlgorithm(readElement(r, TAG.sequence)));
  }
  leave(r, outer);
  return digests;
}

function readContentInfo(r: Reader): { contentType: Uint8Array; content: Uint8Array } {
  const outer = enter(r, TAG.sequence);
  const contentType = readOid(r);
  const wrapper = enter(r, contextConstructed(0));
  const content = readContent(r, TAG.octetString);
  leave(r, wrapper);
  leave(r, outer);
  return { contentType, content };
}

function readCertificates(r: Reader): readonly Uint8Array[] {
  if (nextTag(r) !== contextConstructed(0)) return [];
  const certificates: Uint8Array[] = [];
  const outer = enter(r, contextConstructed(0));
  while (more(r)) {
    if (certificates.length >= CERTIFICATES_MAX) refuse(r, "tst-syntax", `more than ${CERTIFICATES_MAX} certificates`);
    certificates.push(readElement(r, TAG.sequence));
  }
  leave(r, outer);
  return certificates;
}

function readSigners(r: Reader): SignerInfo {
  const outer = enter(r, TAG.set);
  if (!more(r)) refuse(r, "tst-signer-count", "no signer");
  const signer = readSigner(r);
  if (more(r)) refuse(r, "tst-signer-count", "more than one signer");
  leave(r, outer);
  return signer;
}

function readSigner(r: Reader): SignerInfo {
  const outer = enter(r, TAG.sequence);
  const version = readSmallInteger(r);
  const id = readSignerId(r, version);
  const digest = parseDigestAlgorithm(readElement(r, TAG.sequence));
  if (!digest) refuse(r, "tst-digest", "the digest algorithm is not accepted");
  const { signedBytes, attributes } = readSignedAttributes(r);
  const algorithm = parseCmsSignatureAlgorithm(readElement(r, TAG.sequence), digest ?? "sha256");
  if (!algorithm) refuse(r, "tst-signature", "the signature algorithm is not accepted");
  const signature = readContent(r, TAG.octetString);
  // Anybody can have put them there, so they say nothing that could be believed.
  if (nextTag(r) === contextConstructed(1)) refuse(r, "tst-syntax", "unsigned attributes");
  leave(r, outer);
  return {
    id,
    digest: digest ?? "sha256",
    algorithm: algorithm ?? { key: "ed25519" },
    signature,
    signedBytes,
    attributes,
  };
}

/** The version follows from the form of the identifier: 1 with issuer and serial, 3 with a key identifier. */
function readSignerId(r: Reader, version: number): SignerId {
  const bySerial = nextTag(r) === TAG.sequence;
  if (version !== (bySerial ? 1 : 3)) refuse(r, "tst-syntax", "version of SignerInfo");
  if (!bySerial) return { kind: "ski", ski: readContent(r, contextPrimitive(0)) };
  const outer = enter(r, TAG.sequence);
  const issuer = readElement(r, TAG.sequence);
  const serial = readInteger(r);
  leave(r, outer);
  return { kind: "serial", issuer, serial };
}

/** The signature is over the attributes as a SET OF, not over the `[0]` they travel under (RFC 5652 §5.4). */
function readSignedAttributes(r: Reader): { signedBytes: Uint8Array; attributes: SignedAttributes } {
  const tag = contextConstructed(0);
  if (nextTag(r) !== tag) {
    refuse(r, "tst-syntax", "no signed attributes");
    return { signedBytes: new Uint8Array(0), attributes: noAttributes };
  }
  const start = r.pos;
  const outer = enter(r, tag);
  const attributes = readAttributes(r);
  leave(r, outer);
  // Not `slice`, which on a Buffer would change the token itself.
  const signedBytes = Uint8Array.from(r.bytes.subarray(start, r.pos));
  signedBytes[0] = TAG.set;
  return { signedBytes, attributes };
}

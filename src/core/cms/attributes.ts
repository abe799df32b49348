import { enter, leave, more, nextTag, readContent, readElement, refuse, type DerReader } from "../asn1/reader.ts";
import { oidContent, renderOid } from "../asn1/oid.ts";
import { TAG } from "../asn1/tag.ts";
import { readOid } from "../asn1/values.ts";
import { sameBytes } from "../bytes/bytes.ts";
import { parseDigestAlgorithm } from "../crypto/algorithm.ts";
import type { HashName } from "../digest.ts";
import type { TstCode } from "./tst-code.ts";

/** The signed attributes that bind a signature to its content and its signer. */
export type SignedAttributes = {
  /** Content of the OBJECT IDENTIFIER. */
  readonly contentType: Uint8Array;
  readonly messageDigest: Uint8Array;
  /** The signer's certificate by hash (RFC 5035 §3); the first of the list is the signer's. */
  readonly signingCertificate: { readonly hash: HashName; readonly digest: Uint8Array } | undefined;
  /** The same by SHA-1 (RFC 2634 §5.4), which proves nothing alone. */
  readonly signingCertificateV1: Uint8Array | undefined;
};

type Reader = DerReader<TstCode>;
type Draft = { -readonly [K in keyof SignedAttributes]: SignedAttributes[K] | undefined };

const ATTRIBUTES_MAX = 16;
const CONTENT_TYPE = oidContent("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST = oidContent("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE = oidContent("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2 = oidContent("1.2.840.113549.1.9.16.2.47");

export const noAttributes: SignedAttributes = {
  contentType: new Uint8Array(0),
  messageDigest: new Uint8Array(0),
  signingCertificate: undefined,
  signingCertificateV1: undefined,
};

/** Reads the members of SignedAttributes (RFC 5652 §5.3): each type once, content type and message digest present. */
export function readAttributes(r: Reader): SignedAttributes {
  const seen = new Set<string>();
  const draft: Draft = { ...noAttributes, contentType: undefined, messageDigest: undefined };
  while (more(r)) {
    if (seen.size >= ATTRIBUTES_MAX) refuse(r, "tst-syntax", `more than ${ATTRIBUTES_MAX} signed attributes`);
    readAttribute(r, draft, seen);
  }
  const { contentType, messageDigest, signingCertificate, signingCertificateV1 } = draft;
  if (!contentType) refuse(r, "tst-syntax", "no content-type attribute");
  if (!messageDigest) refuse(r, "tst-syntax", "no message-digest attribute");
  if (!contentType || !messageDigest) return noAttributes;
  return { contentType, messageDigest, signingCertificate, signingCertificateV1 };
}

function readAttribute(r: Reader, draft: Draft, seen: Set<string>): void {
  const outer = enter(r, TAG.sequence);
  const type = readOid(r);
  const name = renderOid(type);
  if (seen.has(name)) refuse(r, "tst-syntax", `attribute ${name} twice`);
  seen.add(name);
  readValues(r, draft, type);
  leave(r, outer);
}

/** Values of the attributes that are known: exactly one each. Others are not looked into. */
function readValues(r: Reader, draft: Draft, type: Uint8Array): void {
  const known = [CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2].find((oid) =>
    sameBytes(oid, type),
  );
  if (!known) {
    readElement(r, TAG.set);
    return;
  }
  const outer = enter(r, TAG.set);
  if (known === CONTENT_TYPE) draft.contentType = readOid(r);
  if (known === MESSAGE_DIGEST) draft.messageDigest = readContent(r, TAG.octetString);
  if (known === SIGNING_CERTIFICATE) draft.signingCertificateV1 = readCertificateIds(r).digest;
  if (known === SIGNING_CERTIFICATE_V2) draft.signingCertificate = readCertificateIds(r);
  leave(r, outer);
}

/** `SigningCertificate` of either version: the first ESSCertID is read, later ones and policies are passed over. */
function readCertificateIds(r: Reader): { hash: HashName; digest: Uint8Array } {
  const outer = enter(r, TAG.sequence);
  const list = enter(r, TAG.sequence);
  const id = enter(r, TAG.sequence);
  const hash = nextTag(r) === TAG.sequence ? parseDigestAlgorithm(readElement(r, TAG.sequence)) : "sha256";
  if (!hash) refuse(r, "tst-signing-cert", "the hash is not accepted");
  const digest = readContent(r, TAG.octetString);
  if (more(r)) readElement(r, TAG.sequence);
  leave(r, id);
  while (more(r)) readElement(r, TAG.sequence);
  leave(r, list);
  if (more(r)) readElement(r, TAG.sequence);
  leave(r, outer);
  return { hash: hash ?? "sha256", digest };
}

import { enter, finish, leave, more, nextTag, openDer, readAny, readElement } from "../../../core/asn1/reader.ts";
import { contextConstructed, TAG } from "../../../core/asn1/tag.ts";
import { readBitString } from "../../../core/asn1/values.ts";
import { boolean, explicitTag, nullValue, octetString, oid, sequence } from "../../../core/asn1/writer.ts";
import { concatBytes, sameBytes } from "../../../core/bytes/bytes.ts";
import { parseSignatureAlgorithm } from "../../../core/crypto/algorithm.ts";
import { sha256, type Sha256 } from "../../../core/digest.ts";
import { malformed, parsed, type Parsed } from "../../../core/parsed.ts";
import { parseCertificate, type Certificate } from "../../../core/x509/certificate.ts";
import { isSignatureOf, isSignedBy } from "../../../core/x509/chain.ts";

/** The extension that makes a precertificate unusable (RFC 6962 §3.1); critical, its value NULL. */
const POISON = sequence([oid("1.3.6.1.4.1.11129.2.4.3"), boolean(true), octetString(nullValue())]);
const ISSUERS_MAX = 9;

/** A certificate or precertificate as a log takes it in. */
export type Submission =
  | { readonly kind: "x509"; readonly certificate: Uint8Array; readonly chain: readonly Uint8Array[] }
  | {
      readonly kind: "precert";
      readonly precertificate: Uint8Array;
      /** TBSCertificate without the poison: what the certificate will have without its SCT list. */
      readonly tbs: Uint8Array;
      readonly issuerKeyHash: Sha256;
      readonly chain: readonly Uint8Array[];
    };

/**
 * Judges the issuers of a leaf: each signed by the next, the last one of the roots or signed by one. Names and times
 * are not looked at. Gives who must have signed the leaf; with no issuers told, any of the roots.
 */
export function judgeIssuers(
  chain: readonly Uint8Array[],
  roots: readonly Certificate[],
): Parsed<readonly Certificate[]> {
  if (chain.length > ISSUERS_MAX) return malformed("ct-chain", `${chain.length} issuers`);
  const issuers: Certificate[] = [];
  for (const der of chain) {
    const issuer = parseCertificate(der);
    if (!issuer.ok) return malformed("ct-chain", issuer.detail);
    issuers.push(issuer.value);
  }
  const [first] = issuers;
  const last = issuers.at(-1);
  if (!first || !last) return parsed(roots);
  const linked = issuers.every((issuer, i) => issuer === last || isSignedBy(issuer, issuers[i + 1] ?? last));
  return linked && isRooted(last, roots) ? parsed([first]) : malformed("ct-chain", "the chain does not lead to a root");
}

function isRooted(certificate: Certificate, roots: readonly Certificate[]): boolean {
  return roots.some((root) => sameBytes(root.der, certificate.der) || isSignedBy(certificate, root));
}

/** Judges a leaf under the certificates that may have signed it. */
export function judgeLeaf(
  kind: Submission["kind"],
  leaf: Uint8Array,
  issuers: readonly Certificate[],
  chain: readonly Uint8Array[],
): Parsed<Submission> {
  if (kind === "x509") {
    const certificate = parseCertificate(leaf);
    if (!certificate.ok) return certificate;
    const signed = issuers.some((issuer) => isSignedBy(certificate.value, issuer));
    return signed ? parsed({ kind, certificate: leaf, chain }) : UNSIGNED;
  }
  const precertificate = parsePrecertificate(leaf);
  if (!precertificate.ok) return precertificate;
  const { signed, signature, tbs } = precertificate.value;
  const algorithm = parseSignatureAlgorithm(precertificate.value.algorithm);
  const issuer = algorithm && issuers.find((candidate) => isSignatureOf(candidate, algorithm, signed, signature));
  if (!issuer) return UNSIGNED;
  return parsed({ kind, precertificate: leaf, tbs, issuerKeyHash: sha256(issuer.spki), chain });
}

const UNSIGNED = malformed("ct-chain", "the leaf is not signed by its issuer");

type Precertificate = {
  /** TBSCertificate as it was signed. */
  readonly signed: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
  readonly tbs: Uint8Array;
};

/** Reads a precertificate as far as a log needs it; the certificate reader refuses the critical poison. */
export function parsePrecertificate(der: Uint8Array): Parsed<Precertificate> {
  const r = openDer(der);
  const outer = enter(r, TAG.sequence);
  const signed = readElement(r, TAG.sequence);
  const algorithm = readElement(r, TAG.sequence);
  const signature = readBitString(r);
  leave(r, outer);
  const read = finish(r, { signed, algorithm, signature });
  if (!read.ok) return read;
  const tbs = withoutPoison(signed);
  return tbs.ok ? parsed({ ...read.value, tbs: tbs.value }) : tbs;
}

function withoutPoison(tbs: Uint8Array): Parsed<Uint8Array> {
  const r = openDer(tbs);
  const outer = enter(r, TAG.sequence);
  const fields: Uint8Array[] = [];
  while (more(r) && nextTag(r) !== contextConstructed(3)) fields.push(readAny(r));
  const wrapper = enter(r, contextConstructed(3));
  const list = enter(r, TAG.sequence);
  const extensions: Uint8Array[] = [];
  while (more(r)) extensions.push(readElement(r, TAG.sequence));
  leave(r, list);
  leave(r, wrapper);
  leave(r, outer);
  const clean = extensions.filter((extension) => !sameBytes(extension, POISON));
  const read = finish(r, sequence([...fields, explicitTag(3, sequence(clean))]));
  if (!read.ok) return read;
  return clean.length === extensions.length - 1 ? read : malformed("ct-poison", "not a precertificate");
}

/** `MerkleTreeLeaf` (RFC 6962 §3.4), which is also what the SCT signs. */
export function renderLeaf(submission: Submission, timestamp: number): Uint8Array {
  const head = new Uint8Array(12);
  new DataView(head.buffer).setBigUint64(2, BigInt(timestamp));
  head[11] = submission.kind === "x509" ? 0 : 1;
  const entry =
    submission.kind === "x509"
      ? withLength24(submission.certificate)
      : concatBytes([submission.issuerKeyHash, withLength24(submission.tbs)]);
  return concatBytes([head, entry, Uint8Array.of(0, 0)]);
}

/** The `extra_data` of an entry (RFC 6962 §4.6). */
export function renderExtraData(submission: Submission): Uint8Array {
  const chain = withLength24(concatBytes(submission.chain.map(withLength24)));
  return submission.kind === "x509" ? chain : concatBytes([withLength24(submission.precertificate), chain]);
}

function withLength24(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  return concatBytes([Uint8Array.of(length >> 16, length >> 8, length), bytes]);
}

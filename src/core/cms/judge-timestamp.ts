import { sameBytes } from "../bytes/bytes.ts";
import { hashBytes } from "../digest.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { UnixMs } from "../time.ts";
import { sha1 } from "./sha1.ts";
import { parseCertificate, type Certificate } from "../x509/certificate.ts";
import { isSignatureOf, isSignedBy, isWithin, mayIssue, namesIssuer, validityOf } from "../x509/chain.ts";
import { EKU_TIME_STAMPING } from "../x509/extensions.ts";
import type { SignerId, SignerInfo } from "./signed-data.ts";
import type { TimestampAuthorityTrust } from "./timestamp-authority.ts";
import type { TimestampToken } from "./timestamp.ts";
import type { TstCode } from "./tst-code.ts";

/** A time that a trusted authority has stated about a signature. */
export type ProvenTimestamp = {
  readonly genTime: UnixMs;
  /** Index in the list of authorities given. */
  readonly authority: number;
  readonly accuracyMs?: number;
  /** Who signed: the same signer and time twice count once. */
  readonly signer: Certificate;
  /** The signer's certificate and those above it, the anchor last: what the time rests on. */
  readonly path: readonly Certificate[];
};

/** What a token is judged against: the raw signature it must be about, and whom to believe. */
export type TimestampContext = {
  readonly signature: Uint8Array;
  readonly authorities: readonly TimestampAuthorityTrust[];
};

/** A signer that an authority may vouch for, so far by name only. */
type Candidate = {
  readonly authority: number;
  readonly trust: TimestampAuthorityTrust;
  readonly signer: Certificate;
  /** Intermediates that came with the token, from the signer upwards. */
  readonly path: readonly Certificate[];
};

/**
 * Judges a time-stamp token over a signature (RFC 3161 §2.2, RFC 5816): at its own time, not now.
 *
 * Nobody known: `tst-unknown-authority`, which proves nothing and harms nothing. Somebody known: everything must hold.
 * Names and hashes are compared before signatures are verified.
 */
export function judgeTimestamp(token: TimestampToken, context: TimestampContext): Parsed<ProvenTimestamp, TstCode> {
  const candidates = candidatesOf(token, context.authorities);
  if (candidates.length === 0) return malformed("tst-unknown-authority", "signed by none of the trusted authorities");
  const content = judgeContent(token, context.signature);
  if (!content.ok) return content;

  let failure: Parsed<never, TstCode> | undefined;
  for (const candidate of candidates) {
    const judged = judgeSigner(token, candidate);
    if (judged.ok) return judged;
    // An authority may be listed once per period; a reason other than the period says more.
    if (!failure || (!failure.ok && failure.code === "tst-authority-expired")) failure = judged;
  }
  return failure ?? malformed("tst-unknown-authority", "signed by none of the trusted authorities");
}

/** The token is about this signature, and the signed attributes about this token. */
function judgeContent({ info, signed }: TimestampToken, signature: Uint8Array): Parsed<undefined, TstCode> {
  const { hash, digest } = info.imprint;
  if (!sameBytes(hashBytes(hash, signature), digest)) return malformed("tst-imprint", "stamped is another signature");
  const { signer, content } = signed;
  if (!sameBytes(hashBytes(signer.digest, content), signer.attributes.messageDigest)) {
    return malformed("tst-digest", "the message digest is not that of the content");
  }
  return parsed(undefined);
}

function candidatesOf(
  { signed }: TimestampToken,
  authorities: readonly TimestampAuthorityTrust[],
): readonly Candidate[] {
  const { id } = signed.signer;
  let embedded: readonly Certificate[] | undefined;
  return authorities.flatMap((trust, authority): readonly Candidate[] => {
    if (trust.signer) {
      return isSigner(trust.signer, id) ? [{ authority, trust, signer: trust.signer, path: [] }] : [];
    }
    embedded ??= readable(signed.certificates);
    const signer = embedded.find((certificate) => isSigner(certificate, id));
    const path = signer && pathTo(trust, signer, embedded);
    return signer && path ? [{ authority, trust, signer, path }] : [];
  });
}

/** Certificates that came with the token, those that cannot be read left out: they are only offered. */
function readable(certificates: readonly Uint8Array[]): readonly Certificate[] {
  return certificates.flatMap((der) => {
    const certificate = parseCertificate(der);
    return certificate.ok ? [certificate.value] : [];
  });
}

function isSigner({ issuer, serial, ski }: Certificate, id: SignerId): boolean {
  if (id.kind === "ski") return ski !== undefined && sameBytes(ski, id.ski);
  return sameBytes(serial, id.serial) && sameBytes(issuer, id.issuer);
}

const INTERMEDIATES_MAX = 4;

/** Intermediates that lead by name from the signer to the CA that the authority's chain starts with. */
function pathTo(
  { chain }: TimestampAuthorityTrust,
  signer: Certificate,
  embedded: readonly Certificate[],
): readonly Certificate[] | undefined {
  const path: Certificate[] = [];
  let last = signer;
  for (;;) {
    const current = last;
    if (chain[0] && namesIssuer(current, chain[0])) return path;
    const next = embedded.find((ca) => ca.isCa && !path.includes(ca) && namesIssuer(current, ca));
    if (!next || path.length >= INTERMEDIATES_MAX) return undefined;
    path.push(next);
    last = next;
  }
}

function judgeSigner(token: TimestampToken, candidate: Candidate): Parsed<ProvenTimestamp, TstCode> {
  const { signer, authority, trust } = candidate;
  const { genTime, accuracyMs } = token.info;
  if (!isValidAt(genTime, candidate)) {
    return malformed("tst-authority-expired", "stamped outside the validity of the authority or of its certificates");
  }
  if (!isForTimeStamping(signer)) {
    return malformed("tst-eku", "the signer's extended key usage is not exactly timeStamping, critical");
  }
  if (!isNamedSigner(token.signed.signer, signer)) {
    return malformed("tst-signing-cert", "the signing-certificate attribute names another certificate");
  }
  if (!isTrustedPath(candidate)) {
    return malformed("tst-chain", "the signer's certificate does not lead to the authority");
  }
  const { signedBytes, signature, algorithm } = token.signed.signer;
  if (!isSignatureOf(signer, algorithm, signedBytes, signature)) {
    return malformed("tst-signature", "not signed by the authority's key");
  }
  const path = trust.signer ? trust.chain : [signer, ...candidate.path, ...trust.chain];
  return parsed({ genTime, authority, ...(accuracyMs === undefined ? {} : { accuracyMs }), signer, path });
}

function isValidAt(at: UnixMs, { trust, signer, path }: Candidate): boolean {
  const validity = validityOf([signer, ...path]);
  return (
    isWithin(at, trust.validFor) && isWithin(at, trust.validity) && validity !== undefined && isWithin(at, validity)
  );
}

/** RFC 3161 §2.3: exactly this purpose, critical, on the very certificate that signed. */
function isForTimeStamping({ ekus, ekuCritical }: Certificate): boolean {
  return ekuCritical && ekus?.length === 1 && ekus[0] === EKU_TIME_STAMPING;
}

/** RFC 5035 §5.4. The SHA-1 form can refuse, and proves nothing. */
function isNamedSigner({ attributes }: SignerInfo, signer: Certificate): boolean {
  const { signingCertificate: v2, signingCertificateV1: v1 } = attributes;
  if (v1 && !sameBytes(v1, sha1(signer.der))) return false;
  return !v2 || sameBytes(v2.digest, hashBytes(v2.hash, signer.der));
}

/**
 * Verifies the certificates that came with the token up to the first of the authority's chain. A signer that the
 * trusted root holds itself has been verified at load.
 */
function isTrustedPath({ trust, signer, path }: Candidate): boolean {
  if (trust.signer) return true;
  const issuers = [...path, ...trust.chain];
  if (signer.isCa || !issuers.every((ca, below) => mayIssue(ca, below, EKU_TIME_STAMPING))) return false;
  return [signer, ...path].every((certificate, i) => {
    const issuer = issuers[i];
    return issuer !== undefined && isSignedBy(certificate, issuer);
  });
}

import { sameBytes } from "../bytes/bytes.ts";
import { verifySignature, type PublicKey } from "../crypto/public-key.ts";
import type { SignatureAlgorithm } from "../crypto/algorithm.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { Interval, UnixMs } from "../time.ts";
import type { Certificate } from "./certificate.ts";
import { KEY_USAGE } from "./extensions.ts";

export type ChainCode =
  | "chain-empty"
  | "chain-length"
  | "chain-ca"
  | "chain-issuer"
  | "chain-signature"
  | "chain-validity";

/** Longest chain that is looked at, leaf included (protobuf-specs, `X509CertificateChain`; ours). */
export const CHAIN_LENGTH_MAX = 10;

/** True when `issuer` has the name that `certificate` gives as its issuer's. Cheap: ask it before the signature. */
export function namesIssuer(certificate: Certificate, issuer: Certificate): boolean {
  return sameBytes(certificate.issuer, issuer.subject);
}

/** True when the key of `issuer` made the signature of `certificate`. Costs a signature verification. */
export function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  const { signatureAlgorithm, tbs, signature } = certificate;
  return signatureAlgorithm !== undefined && isSignatureOf(issuer, signatureAlgorithm, tbs, signature);
}

/** True when the key of `signer` made a signature with an algorithm that is named elsewhere, and of the key's kind. */
export function isSignatureOf(
  signer: Certificate,
  algorithm: SignatureAlgorithm,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = signer.key();
  if (!key.ok || kindOf(key.value) !== algorithm.key) return false;
  return verifySignature(key.value, bytes, signature, algorithm.key === "ed25519" ? {} : { hash: algorithm.hash });
}

function kindOf({ alg }: PublicKey): SignatureAlgorithm["key"] {
  return alg === "rsa" || alg === "ed25519" ? alg : "ecdsa";
}

/** True when `issuer` is named as the issuer of `certificate` and signed it. Says nothing of times, nor whether the issuer may. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  return namesIssuer(certificate, issuer) && isSignedBy(certificate, issuer);
}

/** True when subject and issuer are the same name: a root, or something that wants to be one. */
export function isSelfIssued(certificate: Certificate): boolean {
  return sameBytes(certificate.subject, certificate.issuer);
}

/** The times at which all of these certificates are valid; `undefined` when there are none. */
export function validityOf(certificates: readonly Certificate[]): Required<Interval> | undefined {
  const [first, ...others] = certificates;
  if (!first) return undefined;
  let lo = first.notBefore;
  let hi = first.notAfter;
  for (const { notBefore, notAfter } of others) {
    if (notBefore > lo) lo = notBefore;
    if (notAfter < hi) hi = notAfter;
  }
  return lo <= hi ? { lo, hi } : undefined;
}

/** True when an instant lies in a closed interval; an absent bound is open. */
export function isWithin(at: UnixMs, { lo, hi }: Interval): boolean {
  return (lo === undefined || at >= lo) && (hi === undefined || at <= hi);
}

/**
 * True when a certificate may issue others (RFC 5280 §6.1.4): `cA`, keyCertSign where keyUsage is present, no more
 * than `pathLen` CA certificates below it, and the purpose asked for where it restricts purposes.
 */
export function mayIssue(ca: Certificate, below: number, eku: string): boolean {
  const { isCa, keyUsage, pathLen, ekus } = ca;
  if (!isCa || (keyUsage !== undefined && (keyUsage & KEY_USAGE.keyCertSign) === 0)) return false;
  return (pathLen === undefined || pathLen >= below) && (ekus === undefined || ekus.includes(eku));
}

/**
 * Checks the CA certificates of a trusted root once, at load: issuing CA first, anchor last. Gives the times at which
 * all are valid. The anchor is trusted as it stands, so its own signature is not looked at: it may be an intermediate.
 */
export function checkCaChain(chain: readonly Certificate[], eku: string): Parsed<Required<Interval>, ChainCode> {
  if (chain.length === 0) return malformed("chain-empty", "no certificates");
  if (chain.length > CHAIN_LENGTH_MAX) return malformed("chain-length", `${chain.length} certificates`);
  for (const [i, ca] of chain.entries()) {
    if (!mayIssue(ca, i, eku)) return malformed("chain-ca", `certificate ${i} may not issue here`);
    const issuer = chain[i + 1];
    if (!issuer) continue;
    if (!namesIssuer(ca, issuer)) return malformed("chain-issuer", `certificate ${i} names another issuer`);
    if (!isSignedBy(ca, issuer)) return malformed("chain-signature", `certificate ${i} is not signed by the next`);
  }
  const validity = validityOf(chain);
  return validity ? parsed(validity) : malformed("chain-validity", "the certificates are never valid together");
}

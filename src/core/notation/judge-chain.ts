import { sameBytes } from "../bytes/bytes.ts";
import { parsed, type Parsed } from "../parsed.ts";
import { fail, pass, type NonEmpty, type Verdict } from "../verdict.ts";
import type { CertificateCode } from "../x509/certificate-code.ts";
import { parseCertificate, type Certificate } from "../x509/certificate.ts";
import { isSelfIssued, isSignedBy, mayIssue, namesIssuer } from "../x509/chain.ts";
import { EKU_CODE_SIGNING, KEY_USAGE } from "../x509/extensions.ts";
import { renderName } from "../x509/name.ts";

/** Certificates of an envelope, the signer's first, the root last. */
export type Chain = NonEmpty<Certificate>;

export type ChainReason = "cert-chain" | "cert-ku" | "cert-eku" | "leaf-is-ca" | "key-alg";

/** Reads the certificates that came with an envelope. */
export function readChain(ders: NonEmpty<Uint8Array>): Parsed<Chain, CertificateCode> {
  const [leafDer, ...others] = ders;
  const leaf = parseCertificate(leafDer);
  if (!leaf.ok) return leaf;
  const issuers: Certificate[] = [];
  for (const der of others) {
    const issuer = parseCertificate(der);
    if (!issuer.ok) return issuer;
    issuers.push(issuer.value);
  }
  return parsed([leaf.value, ...issuers]);
}

/** contentCommitment may stand beside digitalSignature; what encrypts, agrees on keys or signs certificates may not. */
const LEAF_USAGES: number = KEY_USAGE.digitalSignature | 2;
const EKU_ANY = "2.5.29.37.0";
/** serverAuth, clientAuth, emailProtection, timeStamping, OCSPSigning: a certificate of another trade. */
const EXCLUDED_USAGES: ReadonlySet<string> = new Set([
  EKU_ANY,
  ...[1, 2, 4, 8, 9].map((purpose) => `1.3.6.1.5.5.7.3.${purpose}`),
]);

/**
 * Judges a chain by itself (signature-specification, `Certificate Requirements`): a signer's certificate for signing
 * code, each certificate signed by the next, which may issue it, the last one signed by itself. Says nothing of trust
 * nor of time. A signer's certificate that is signed by itself stands alone.
 */
export function judgeChain(chain: Chain): Verdict<ChainReason> {
  const leaf = judgeLeaf(chain[0]);
  return leaf.kind === "pass" ? judgeLinks(chain) : leaf;
}

function judgeLeaf(leaf: Certificate): Verdict<ChainReason> {
  const { isCa, keyUsage, ekus } = leaf;
  const shown = renderName(leaf.subject);
  if (isCa) return fail("leaf-is-ca", `${shown} is a certificate authority`);
  if (keyUsage === undefined || (keyUsage & KEY_USAGE.digitalSignature) === 0 || (keyUsage & ~LEAF_USAGES) !== 0) {
    return fail("cert-ku", `the key usage of ${shown} is not that of a signer`);
  }
  if (ekus && (!ekus.includes(EKU_CODE_SIGNING) || ekus.some((eku) => EXCLUDED_USAGES.has(eku)))) {
    return fail("cert-eku", `the extended key usage of ${shown} is not that of a signer of code`);
  }
  const key = leaf.key();
  return key.ok ? pass : fail("key-alg", `${shown}: ${key.detail}`);
}

function judgeLinks(chain: Chain): Verdict<ChainReason> {
  for (const [i, certificate] of chain.entries()) {
    const issuer = chain[i + 1];
    const shown = renderName(certificate.subject);
    // By the key and not by the name: test publishers give their signers the root's name.
    const isRoot = isSelfIssued(certificate) && isSignedBy(certificate, certificate);
    if (!issuer) return isRoot ? pass : fail("cert-chain", `${shown} stands last and is not signed by itself`);
    if (isRoot) return fail("cert-chain", `${shown} is signed by itself and not the last`);
    if (!namesIssuer(certificate, issuer)) return fail("cert-chain", `${shown} is not issued by the next certificate`);
    if (!mayIssue(issuer, i, EKU_CODE_SIGNING)) return fail("cert-chain", `what issued ${shown} may not issue here`);
    if (!isSignedBy(certificate, issuer)) return fail("cert-chain", `${shown} is not signed by the next certificate`);
  }
  return pass;
}

/** Judges whether the chain ends in one of the anchors, byte for byte. */
export function judgeAnchor(chain: Chain, anchors: readonly Certificate[]): Verdict<"cert-unknown-issuer"> {
  const root = chain.at(-1) ?? chain[0];
  return anchors.some(({ der }) => sameBytes(der, root.der))
    ? pass
    : fail("cert-unknown-issuer", `${renderName(root.subject)} is in none of the trust stores of this policy`);
}

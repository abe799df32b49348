import { sameBytes } from "../bytes/bytes.ts";
import type { Bundle } from "../bundle/bundle.ts";
import type { PublicKey } from "../crypto/public-key.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { CompiledTrust } from "../trust/compiled-trust.ts";
import { parseCertificate, type Certificate } from "../x509/certificate.ts";
import { isSelfIssued } from "../x509/chain.ts";
import { EKU_CODE_SIGNING, KEY_USAGE } from "../x509/extensions.ts";
import type { VerifyPolicy } from "./policy.ts";
import type { VerifyReason } from "./reason.ts";

/** Who is said to have signed; nobody vouches for it yet. */
export type Signer =
  | {
      readonly kind: "certificate";
      readonly leaf: Certificate;
      readonly key: PublicKey;
      /** Untrusted, none of them self-issued. */
      readonly candidates: readonly Certificate[];
    }
  | { readonly kind: "key"; readonly key: PublicKey };

/** Steps 6, 7 and 18: the certificate, or the caller's key. A key is never taken from the bundle. */
export function judgeSigner(bundle: Bundle, trust: CompiledTrust, policy: VerifyPolicy): Parsed<Signer, VerifyReason> {
  const { key } = bundle;
  if (key.kind === "public-key") {
    return policy.key
      ? parsed({ kind: "key", key: policy.key })
      : malformed("key-required", "the bundle is of a bare key, and no key was given to verify with");
  }
  if (policy.key) return malformed("key-form", "a key was given, and the bundle is of a certificate");
  const leaf = judgeLeaf(key.leaf);
  if (!leaf.ok) return leaf;
  const imported = leaf.value.key();
  if (!imported.ok) return malformed(imported.code, `the certificate's key: ${imported.detail}`);
  const candidates = judgeCandidates(bundle, key.chain, trust, policy);
  if (!candidates.ok) return candidates;
  return parsed({ kind: "certificate", leaf: leaf.value, key: imported.value, candidates: candidates.value });
}

function judgeLeaf(der: Uint8Array): Parsed<Certificate, VerifyReason> {
  const read = parseCertificate(der);
  if (!read.ok) return malformed(read.code, `the certificate: ${read.detail}`);
  const { isCa, keyUsage, ekus } = read.value;
  if (isCa) return malformed("leaf-is-ca", "the certificate is that of a CA");
  if (((keyUsage ?? 0) & KEY_USAGE.digitalSignature) === 0) {
    return malformed("cert-ku", "the certificate's key usage lacks digitalSignature");
  }
  // anyExtendedKeyUsage does not count: it is what a CA writes that did not think of code.
  return ekus?.includes(EKU_CODE_SIGNING) === true
    ? read
    : malformed("cert-eku", "the certificate's extended key usage lacks codeSigning");
}

/**
 * The rest of a chain. A root that comes with a bundle can only mislead, so it refuses the bundle; the older layout of
 * Cosign always brings it, as a hint, and there it is dropped.
 */
function judgeCandidates(
  bundle: Bundle,
  chain: readonly Uint8Array[],
  trust: CompiledTrust,
  policy: VerifyPolicy,
): Parsed<readonly Certificate[], VerifyReason> {
  const candidates: Certificate[] = [];
  for (const der of chain) {
    const read = parseCertificate(der);
    if (!read.ok) return malformed(read.code, `a certificate of the chain: ${read.detail}`);
    if (!isSelfIssued(read.value)) candidates.push(read.value);
    else if (bundle.version !== "detached" && !(policy.profile === "legacy-chain" && isHeld(der, trust))) {
      return malformed("bundle-root-in-chain", "the chain holds a self-issued certificate");
    }
  }
  return parsed(candidates);
}

function isHeld(der: Uint8Array, trust: CompiledTrust): boolean {
  return trust.cas.some(({ chain }) => chain.some((certificate) => sameBytes(certificate.der, der)));
}

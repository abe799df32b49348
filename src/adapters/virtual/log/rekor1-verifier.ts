import { parsePem, renderPem, type PemLabel } from "../../../core/bytes/pem.ts";
import { parseUtf8, toUtf8 } from "../../../core/bytes/utf8.ts";
import { importPublicKey, type PublicKey } from "../../../core/crypto/public-key.ts";
import { sha256, type Sha256 } from "../../../core/digest.ts";
import { malformed, parsed, type Parsed } from "../../../core/parsed.ts";
import { parseCertificate } from "../../../core/x509/certificate.ts";

/** A signer as Rekor v1 keeps it. */
export type Verifier = {
  readonly key: PublicKey;
  /** Written anew: lines of 64 characters and a newline at the end, however it came. */
  readonly pem: Uint8Array;
  /** Names in the certificate, in lower case as the index has them. */
  readonly subjects: readonly string[];
};

/** Reads one certificate or one public key in PEM (rekor `pkg/pki/x509`). */
export function parseVerifier(pem: Uint8Array): Parsed<Verifier> {
  const text = parseUtf8(pem) ?? "";
  const label: PemLabel = text.includes("-----BEGIN CERTIFICATE-----") ? "CERTIFICATE" : "PUBLIC KEY";
  const [der, ...more] = parsePem(text, label) ?? [];
  if (!der || more.length > 0) return malformed("entry-key", "invalid public key: not one certificate or key in PEM");
  const canonical = toUtf8(renderPem(label, der));
  if (label === "PUBLIC KEY") {
    const key = importPublicKey(der);
    return key.ok ? parsed({ key: key.value, pem: canonical, subjects: [] }) : key;
  }
  const certificate = parseCertificate(der);
  if (!certificate.ok) return certificate;
  const key = certificate.value.key();
  if (!key.ok) return key;
  const subjects = certificate.value.sans.map(({ value }) => value.toLowerCase());
  return parsed({ key: key.value, pem: canonical, subjects });
}

/** What a search by key looks for: the digest of the PEM. */
export function keyDigest({ pem }: Pick<Verifier, "pem">): Sha256 {
  return sha256(pem);
}

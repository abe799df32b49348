import { toHex } from "../../bytes/hex.ts";
import { parsePem } from "../../bytes/pem.ts";
import { sha256 } from "../../digest.ts";
import { importPublicKey } from "../../crypto/public-key.ts";
import { parseCertificate } from "../../x509/certificate.ts";
import { isSelfIssued } from "../../x509/chain.ts";

/** The anchor of everything that the public good instance of Sigstore vouches for. */
export const PUBLIC_GOOD = "sigstore-public-good";

/**
 * Names what certificates in PEM are anchors of: roots when there are some, since an intermediate below a root that is
 * trusted adds nobody; otherwise each of them. A certificate's hash has its key and its window in it. `undefined` when it
 * is no certificate.
 */
export function certificateAnchors(pem: string): readonly string[] | undefined {
  const read = (parsePem(pem.trim(), "CERTIFICATE") ?? []).map((der) => ({ der, certificate: parseCertificate(der) }));
  if (read.length === 0 || read.some(({ certificate }) => !certificate.ok)) return undefined;
  const roots = read.filter(({ certificate }) => certificate.ok && isSelfIssued(certificate.value));
  const anchors = roots.length > 0 ? roots : read;
  return anchors.map(({ der }) => `ca:${toHex(sha256(der)).slice(0, 32)}`);
}

/** Names public keys in PEM. `undefined` when one of them is none. */
export function keyAnchors(pem: string): readonly string[] | undefined {
  const keys = parsePem(pem.trim(), "PUBLIC KEY");
  if (!keys?.every((spki) => importPublicKey(spki).ok)) return undefined;
  return keys.map((spki) => `key:${toHex(sha256(spki)).slice(0, 32)}`);
}

import { parsePem } from "../bytes/pem.ts";
import { parseUtf8 } from "../bytes/utf8.ts";
import { importPublicKey, type KeyCode, type PublicKey } from "../crypto/public-key.ts";
import { malformed, type Parsed } from "../parsed.ts";

/** Reads the key that a caller gives to verify with: one PEM block `PUBLIC KEY` (RFC 7468 §13), nothing else. */
export function readPublicKeyPem(bytes: Uint8Array): Parsed<PublicKey, KeyCode> {
  const [der, ...more] = parsePem(parseUtf8(bytes) ?? "", "PUBLIC KEY") ?? [];
  return der && more.length === 0 ? importPublicKey(der) : malformed("key-import", "not exactly one public key in PEM");
}

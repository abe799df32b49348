import { parseUtf8 } from "../bytes/utf8.ts";
import { pemToDer } from "../crypto/pem.ts";
import { importPublicKey, type KeyCode, type PublicKey } from "../crypto/public-key.ts";
import { malformed, type Parsed } from "../parsed.ts";

/** Reads the key that a caller gives to verify with: one PEM block `PUBLIC KEY` (RFC 7468 §13), nothing else. */
export function readPublicKeyPem(bytes: Uint8Array): Parsed<PublicKey, KeyCode> {
  const text = parseUtf8(bytes);
  if (text === undefined) return malformed("key-import", "not text");
  const der = pemToDer(text, "PUBLIC KEY");
  return der.ok ? importPublicKey(der.value) : malformed("key-import", `${der.code}: ${der.detail}`);
}

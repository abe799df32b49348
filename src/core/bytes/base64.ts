/** Base64 of RFC 4648 §4, padded. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/**
 * Parses base64 of RFC 4648 §4 in its one canonical spelling: padded, no white space, zero trailing bits.
 * `undefined` for anything else. Node's decoder forgives all of these, so what it read is written again and compared.
 */
export function parseBase64(text: string): Uint8Array | undefined {
  const read = Buffer.from(text, "base64");
  if (read.toString("base64") !== text) return undefined;
  // A plain Uint8Array over Node's Buffer, whose `slice` would share memory.
  return new Uint8Array(read.buffer, read.byteOffset, read.byteLength);
}

/** Base64url of RFC 4648 §5, unpadded. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Parses unpadded base64url in its one canonical spelling; `undefined` for anything else. */
export function parseBase64Url(text: string): Uint8Array | undefined {
  if (/[+/=]/.test(text)) return undefined;
  return parseBase64(
    text
      .replaceAll("-", "+")
      .replaceAll("_", "/")
      .padEnd(Math.ceil(text.length / 4) * 4, "="),
  );
}

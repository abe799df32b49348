/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** Parses lower-case hexadecimal of whole bytes; `undefined` for anything else, upper case included. */
export function parseHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  let seen = 0;
  for (let i = 0; i < bytes.length; i++) {
    const high = value(text, 2 * i);
    const low = value(text, 2 * i + 1);
    seen |= high | low;
    bytes[i] = (high << 4) | low;
  }
  return seen < 0 ? undefined : bytes;
}

/** The value of a digit; negative when it is none, so that one bad digit makes the whole negative. */
function value(text: string, index: number): number {
  const code = text.charCodeAt(index);
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 102 ? code - 87 : -1;
}

import { parseBase64, toBase64 } from "./base64.ts";

export type PemLabel = "CERTIFICATE" | "PUBLIC KEY" | "CERTIFICATE REQUEST";

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,64})-----\r?\n([A-Za-z0-9+/=\r\n]*)-----END \1-----[ \t]*(?:\r?\n|$)/y;
const LINE_CHARACTERS = 64;

/**
 * Parses PEM that holds nothing but blocks of one label, one or more of them, and white space around them (RFC 7468 §2,
 * its strict form without headers; explanatory text is refused). `undefined` for anything else.
 */
export function parsePem(text: string, label: PemLabel): readonly Uint8Array[] | undefined {
  const blocks: Uint8Array[] = [];
  let at = skipSpace(text, 0);
  while (at < text.length) {
    BLOCK.lastIndex = at;
    const [, found, body = ""] = BLOCK.exec(text) ?? [];
    const der = found === label ? parseBase64(body.replaceAll(/[\r\n]/g, "")) : undefined;
    if (!der || der.length === 0) return undefined;
    blocks.push(der);
    at = skipSpace(text, BLOCK.lastIndex);
  }
  return blocks.length === 0 ? undefined : blocks;
}

/** Renders one block, lines of 64 characters, a newline at the end. */
export function renderPem(label: PemLabel, der: Uint8Array): string {
  const base64 = toBase64(der);
  const lines: string[] = [];
  for (let at = 0; at < base64.length; at += LINE_CHARACTERS) lines.push(base64.slice(at, at + LINE_CHARACTERS));
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && " \t\r\n".includes(text.charAt(at))) at++;
  return at;
}

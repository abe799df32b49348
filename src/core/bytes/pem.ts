import { parseBase64, toBase64 } from "./base64.ts";

export type PemLabel = "CERTIFICATE" | "PUBLIC KEY" | "CERTIFICATE REQUEST";

const LINE_CHARACTERS = 64;

/**
 * Parses PEM that holds nothing but blocks of one label, one or more of them, and white space around them (RFC 7468 §2,
 * its strict form without headers; explanatory text is refused). `undefined` for anything else.
 */
export function parsePem(text: string, label: PemLabel): readonly Uint8Array[] | undefined {
  const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`];
  const blocks: Uint8Array[] = [];
  let at = skipSpace(text, 0, " \t\r\n");
  while (at < text.length) {
    // Searching for the end is enough: what is not base64 between the two lines, a second beginning too, is refused below.
    const stop = text.startsWith(begin, at) ? text.indexOf(end, at) : -1;
    const start = skipNewline(text, at + begin.length);
    const der = stop < 0 || start === undefined ? undefined : parseLines(text.slice(start, stop));
    const next = skipNewline(text, skipSpace(text, stop + end.length, " \t"));
    if (!der || der.length === 0 || next === undefined) return undefined;
    blocks.push(der);
    at = skipSpace(text, next, " \t\r\n");
  }
  return blocks.length === 0 ? undefined : blocks;
}

function parseLines(lines: string): Uint8Array | undefined {
  return parseBase64(lines.replaceAll("\n", "").replaceAll("\r", ""));
}

/** Where the next line begins; `undefined` when there is neither a newline nor the end of the text. */
function skipNewline(text: string, at: number): number | undefined {
  if (at >= text.length) return at;
  if (text.startsWith("\n", at)) return at + 1;
  return text.startsWith("\r\n", at) ? at + 2 : undefined;
}

/** Renders one block, lines of 64 characters, a newline at the end. */
export function renderPem(label: PemLabel, der: Uint8Array): string {
  const base64 = toBase64(der);
  const lines: string[] = [];
  for (let at = 0; at < base64.length; at += LINE_CHARACTERS) lines.push(base64.slice(at, at + LINE_CHARACTERS));
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function skipSpace(text: string, start: number, space: string): number {
  let at = start;
  while (at < text.length && space.includes(text.charAt(at))) at++;
  return at;
}

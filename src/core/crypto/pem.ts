import { parseBase64 } from "../bytes/base64.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";

export type PemCode = "pem-syntax" | "pem-label" | "pem-count";
export type PemBlock = { readonly label: string; readonly der: Uint8Array };

/** A chain of ten certificates with room; a file longer than this is not one. */
const PEM_CHARS_MAX = 1_048_576;
const PEM_BLOCKS_MAX = 64;

/** One block of RFC 7468 §3: no headers, no text around, lines of at most 76 characters, LF or CRLF. */
const BLOCK =
  /^-----BEGIN ([A-Z0-9]+(?: [A-Z0-9]+){0,3})-----\r?\n((?:[A-Za-z0-9+/=]{1,76}\r?\n)+)-----END \1-----(?:\r?\n)*/;

/** Reads a text that is one PEM block of this label and nothing else. */
export function pemToDer(text: string, label: string): Parsed<Uint8Array, PemCode> {
  const blocks = pemBlocks(text);
  if (!blocks.ok) return blocks;
  const [block, ...others] = blocks.value;
  if (!block || others.length > 0) return malformed("pem-count", `${blocks.value.length} blocks where one is needed`);
  if (block.label !== label) return malformed("pem-label", `${block.label} where ${label} is needed`);
  return parsed(block.der);
}

/** Reads a text that is PEM blocks, one after the other, and nothing else but line ends between them. */
export function pemBlocks(text: string): Parsed<readonly PemBlock[], PemCode> {
  if (text.length > PEM_CHARS_MAX) return malformed("pem-syntax", `${text.length} characters`);
  const blocks: PemBlock[] = [];
  let rest = text;
  while (rest.length > 0) {
    const [whole = "", label = "", body = ""] = BLOCK.exec(rest) ?? [];
    const der = whole === "" ? undefined : parseBase64(body.replaceAll(/[\r\n]/g, ""));
    if (!der) return malformed("pem-syntax", `block ${blocks.length + 1} is not PEM`);
    blocks.push({ label, der });
    if (blocks.length > PEM_BLOCKS_MAX) return malformed("pem-count", `more than ${PEM_BLOCKS_MAX} blocks`);
    rest = rest.slice(whole.length);
  }
  return parsed(blocks);
}

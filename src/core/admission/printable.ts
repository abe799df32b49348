import { toUtf8 } from "../bytes/utf8.ts";

/** Text from a registry, a certificate or a user as a terminal may show it: printable ASCII, every other byte as `\xNN`. */
export function toPrintable(text: string): string {
  let shown = "";
  for (const byte of toUtf8(text)) {
    shown += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return shown;
}

/** Cuts text to a number of characters and says so. */
export function cutTo(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 3)}...`;
}

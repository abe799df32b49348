/**
 * Text of a repository as a report shows it: printable ASCII, and everything else by its code point (change-gate chapter
 * §2.2). A letter of another script that looks like ours is what an attack is made of; `\u{212A}` does not look like `K`.
 */
export function shown(text: string): string {
  return text.replaceAll(/[^\x20-\x7E]/gu, (char) => NAMED[char] ?? `\\u{${toHex(char)}}`);
}

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function toHex(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).toUpperCase();
}

import { toUtf8 } from "../bytes/utf8.ts";

const PLAIN = /^[A-Za-z0-9.-]$/;

/** A name as one part of a path in an evidence file: what is not a letter, digit, point or hyphen is percent-encoded. */
export function toMemberName(name: string): string {
  return Array.from(name, (character) => (PLAIN.test(character) ? character : percentEncoded(character))).join("");
}

function percentEncoded(character: string): string {
  return Array.from(toUtf8(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}

/**
 * Untrusted text for a page: characters that are not seen or that reorder others (controls, bidi, zero width, tags) are
 * shown as `␦` and their code point.
 */
export function visible(text: string): string {
  return text.replaceAll(
    HIDDEN,
    (char) => `␦${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`,
  );
}

/** Controls, format characters (bidi, zero width, tags), line and paragraph separators, lone surrogates, and what fonts leave blank. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** As `visible`, for text of several lines: line feeds and tabs stay. */
export function visibleLines(text: string): string {
  return text
    .split("\n")
    .map((line) => line.split("\t").map(visible).join("\t"))
    .join("\n");
}

/** Text of at most `length` characters, its middle cut out: both ends of names and digests carry meaning. */
export function clipMiddle(text: string, length: number): string {
  const chars = Array.from(visible(text));
  if (chars.length <= length) return chars.join("");
  const head = Math.ceil((length - 1) / 2);
  return `${chars.slice(0, head).join("")}…${chars.slice(chars.length - (length - 1 - head)).join("")}`;
}

/** Text broken between words into at most `count` lines; what does not fit ends in `…`. */
export function wrapText(text: string, length: number, count: number): readonly string[] {
  const lines = [""];
  for (const word of visible(text).split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last === "" || last.length + 1 + word.length <= length)
      lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
    else lines.push(word);
  }
  const shown = lines.slice(0, count).map((line) => clipMiddle(line, length));
  const last = shown.at(-1) ?? "";
  return lines.length > count ? [...shown.slice(0, -1), `${last.slice(0, length - 1)}…`] : shown;
}

/** `sha256:1f2e3d4c…90ab` */
export function shortDigest(digest: string): string {
  return digest.startsWith("sha256:") ? `sha256:${clipMiddle(digest.slice(7), 13)}` : clipMiddle(digest, 20);
}

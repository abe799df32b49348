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

const HIDDEN =
  // oxlint-disable-next-line no-control-regex -- the control characters are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|[\ud800-\udfff]/gu;

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

/** `sha256:1f2e3d4c…90ab` */
export function shortDigest(digest: string): string {
  return digest.startsWith("sha256:") ? `sha256:${clipMiddle(digest.slice(7), 13)}` : clipMiddle(digest, 20);
}

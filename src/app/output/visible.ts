/**
 * Makes untrusted text safe to show in a terminal: control characters, which could move the cursor or set the title,
 * and bidirectional controls, which could reorder what is read, are shown as `␦` and their code point.
 */
export function visible(text: string): string {
  return text.replaceAll(
    HIDDEN,
    (char) => `␦${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`,
  );
}

/** C0 and C1 controls, soft hyphen, zero-width, line separators, bidi controls, BOM, lone surrogates, tags. */
const HIDDEN =
  // oxlint-disable-next-line no-control-regex -- the control characters are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|[\ud800-\udfff]/gu;

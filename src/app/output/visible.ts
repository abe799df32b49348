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

/** Controls, format characters (bidi, zero width, tags), line and paragraph separators, lone surrogates, and what fonts leave blank. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

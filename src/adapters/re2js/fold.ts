/**
 * All characters that simple case folding makes equal to one (Unicode CaseFolding, statuses C and S): for `k` also `K`
 * and the Kelvin sign, for `s` also the long s. In ascending order, the character itself included.
 *
 * Candidates come from the case mappings; which of them fold alike is asked of the language's own `iu` matching, whose
 * Canonicalize is simple case folding (ECMA-262 §22.2.2.7.3): the dotless i has an upper case `I` and is no `i`.
 */
export function foldOrbit(rune: number): readonly number[] {
  const seen = new Set([rune]);
  const todo = [rune];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    for (const other of [...mapped(at), ...(SPECIAL.get(at) ?? [])]) {
      if (seen.has(other)) continue;
      seen.add(other);
      todo.push(other);
    }
  }
  const folds = new RegExp(`^\\u{${rune.toString(16)}}$`, "iu");
  return [...seen].filter((other) => folds.test(String.fromCodePoint(other))).toSorted((a, b) => a - b);
}

/** Its lower and upper case, where that is one character. */
function mapped(rune: number): readonly number[] {
  const char = String.fromCodePoint(rune);
  const texts = [char.toLowerCase(), char.toUpperCase()];
  // Nearly all of Unicode has no case, and all of it is asked when the program starts.
  if (texts[0] === char && texts[1] === char) return [];
  return texts.flatMap((text) => {
    const [only, ...rest] = Array.from(text, (c) => c.codePointAt(0) ?? 0);
    return only !== undefined && rest.length === 0 ? [only] : [];
  });
}

/** Characters whose lower case is that of another's, so that the way back is not seen from the lower case. */
const SPECIAL: ReadonlyMap<number, readonly number[]> = backwards();

function backwards(): ReadonlyMap<number, readonly number[]> {
  const back = new Map<number, number[]>();
  for (let rune = 0xb5; rune <= 0x1_e9_43; rune++) {
    if (rune >= 0xd8_00 && rune <= 0xdf_ff) continue;
    for (const other of mapped(rune)) {
      if (other !== rune) back.set(other, [...(back.get(other) ?? []), rune]);
    }
  }
  return back;
}

/** What the spelling of a pattern shows, without understanding all of it: enough for the rules TP203, TP205 and TP206. */
export type PatternShape = {
  /** `^` first and `$` last, outside groups, and no alternation beside them. */
  readonly isAnchored: boolean;
  readonly hasTopAlternation: boolean;
  /** `(?i)`, `(?m:…)`: letters that change the meaning of what follows. */
  readonly hasFlags: boolean;
  /** What every match begins with; an unescaped dot stands for itself here and is counted. */
  readonly prefix: string;
  /** Places of unescaped dots inside `prefix`. */
  readonly prefixDots: readonly number[];
};

type Scan = { depth: number; alternation: boolean; flags: boolean; lastTop: string };

/** Reads the shape of an RE2 pattern. */
export function shapeOfPattern(pattern: string): PatternShape {
  const scan: Scan = { depth: 0, alternation: false, flags: false, lastTop: "" };
  for (let i = 0; i < pattern.length;) i = step(pattern, i, scan);
  const isAnchored = pattern.startsWith("^") && pattern.length > 1 && scan.lastTop === "$";
  const { text, dots } = pattern.startsWith("^") ? literalRun(pattern.slice(1)) : { text: "", dots: [] };
  return {
    isAnchored,
    hasTopAlternation: scan.alternation,
    hasFlags: scan.flags,
    // An alternation at the top makes the prefix that of its first branch only.
    prefix: scan.alternation ? "" : text,
    prefixDots: dots,
  };
}

/** Takes in one piece of the pattern; the place after it. */
function step(pattern: string, at: number, scan: Scan): number {
  const char = pattern[at] ?? "";
  const end = endOfPiece(pattern, at);
  if (char === "(") {
    scan.depth += 1;
    scan.flags ||= /^\(\?[imsU-]+[:)]/.test(pattern.slice(at, at + 12));
  } else if (char === ")") scan.depth -= 1;
  else if (char === "|" && scan.depth === 0) scan.alternation = true;
  scan.lastTop = scan.depth === 0 ? pattern.slice(at, end) : "";
  return end;
}

/** Where an escape, a class or a single character ends. */
function endOfPiece(pattern: string, at: number): number {
  if (pattern.startsWith("\\Q", at)) {
    const close = pattern.indexOf("\\E", at + 2);
    return close < 0 ? pattern.length : close + 2;
  }
  if (pattern[at] === "\\") return at + 2;
  return pattern[at] === "[" ? endOfClass(pattern, at) : at + 1;
}

/** A `]` that comes first, after `[` or `[^`, is a member of the class (RE2 syntax). */
function endOfClass(pattern: string, at: number): number {
  let i = at + 1;
  if (pattern[i] === "^") i += 1;
  if (pattern[i] === "]") i += 1;
  while (i < pattern.length && pattern[i] !== "]") {
    const named = pattern.startsWith("[:", i) ? pattern.indexOf(":]", i + 2) : -1;
    if (named >= 0) i = named + 2;
    else i += pattern[i] === "\\" ? 2 : 1;
  }
  return i + 1;
}

/** The characters up to the first that is not one of itself; one that may be left out or repeated ends the run before it. */
function literalRun(rest: string): { readonly text: string; readonly dots: readonly number[] } {
  const dots: number[] = [];
  let text = "";
  for (let i = 0; i < rest.length;) {
    const escaped = rest[i] === "\\";
    const char = rest[escaped ? i + 1 : i] ?? "";
    const isLiteral = escaped ? /[^A-Za-z0-9]/.test(char) : !/[\^$|()[\]{}*+?\\]/.test(char);
    const next = i + (escaped ? 2 : 1);
    if (!isLiteral || /[*+?{]/.test(rest[next] ?? "")) break;
    if (char === "." && !escaped) dots.push(text.length);
    text += char;
    i = next;
  }
  return { text, dots };
}

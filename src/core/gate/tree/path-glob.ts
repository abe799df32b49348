/** Patterns of paths: `*` and `?` stay inside a segment, a segment `**` is any number of segments. Nothing else is special. */
export type PathGlob = { readonly text: string; readonly segments: readonly string[] };

const CHARACTERS_MAX = 1024;

/** `undefined` for what is no pattern: absolute, an empty segment, `.` or `..`, and characters that other globs give a meaning. */
export function parsePathGlob(text: string): PathGlob | undefined {
  const segments = text.split("/");
  const isPlain = segments.every(
    (segment) => segment !== "" && segment !== "." && segment !== ".." && isSegment(segment),
  );
  return isPlain && text.length <= CHARACTERS_MAX ? { text, segments } : undefined;
}

function isSegment(segment: string): boolean {
  return segment === "**" || (!segment.includes("**") && !/[[\]{}!\\\p{Cc}]/u.test(segment));
}

/** Whether a path is matched as a whole. */
export function matchesPath({ segments }: PathGlob, path: string): boolean {
  return matchSequence(segments, path.split("/"), {
    isAnyRun: (segment) => segment === "**",
    matchesOne: matchesSegment,
  });
}

/** Whether something below a folder could be matched: the literal beginning of the pattern and the folder agree. */
export function reachesBelow({ segments }: PathGlob, folder: string): boolean {
  const parts = folder.split("/");
  for (const [i, part] of parts.entries()) {
    const segment = segments[i];
    if (segment === undefined) return false;
    if (segment === "**") return true;
    if (!matchesSegment(segment, part)) return false;
  }
  return segments.length > parts.length;
}

function matchesSegment(pattern: string, text: string): boolean {
  return matchSequence(Array.from(pattern), Array.from(text), {
    isAnyRun: (char) => char === "*",
    matchesOne: (char, own) => char === "?" || char === own,
  });
}

type Matching = {
  readonly isAnyRun: (of: string) => boolean;
  readonly matchesOne: (pattern: string, text: string) => boolean;
};

/** Goes back to the last run alone, so the work is bounded by pattern times text. */
function matchSequence(pattern: readonly string[], text: readonly string[], of: Matching): boolean {
  let p = 0;
  let t = 0;
  let run = -1;
  let mark = 0;
  while (t < text.length) {
    const piece = pattern[p];
    if (piece !== undefined && of.isAnyRun(piece)) {
      run = p;
      mark = t;
      p += 1;
    } else if (piece !== undefined && of.matchesOne(piece, text[t] ?? "")) {
      p += 1;
      t += 1;
    } else if (run >= 0) {
      p = run + 1;
      mark += 1;
      t = mark;
    } else return false;
  }
  while (p < pattern.length && of.isAnyRun(pattern[p] ?? "")) p += 1;
  return p === pattern.length;
}

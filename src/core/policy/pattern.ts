import { branded, type Brand } from "../brand.ts";

/** `host/seg*ment/**` (trust-policy chapter §1.2). The host is literal, a final `**` is one or more segments. */
export type RepositoryPattern = Brand<string, "RepositoryPattern">;

/** A namespace name in which `*` is any run of characters. */
export type NameGlob = Brand<string, "NameGlob">;

const PATTERN_CHARACTERS_MAX = 255;
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::[0-9]{1,5})?$/;
const SEGMENT = /^[a-z0-9._*-]+$/;
const NAME = /^[a-z0-9*-]{1,63}$/;

/** Parses an image pattern; the code of the reason where it is none (TP101 no host, TP102 tag, TP103 wildcard). */
export function parseRepositoryPattern(text: string): RepositoryPattern | "TP101" | "TP102" | "TP103" {
  if (text.length > PATTERN_CHARACTERS_MAX) return "TP103";
  const [host = "", ...segments] = text.split("/");
  if (host.includes("*")) return "TP103";
  const isHost = HOST.test(host) && (host.includes(".") || host.includes(":") || host === "localhost");
  if (!isHost || segments.length === 0) return "TP101";
  if (segments.some((segment) => segment.includes(":") || segment.includes("@"))) return "TP102";
  const path = segments.at(-1) === "**" ? segments.slice(0, -1) : segments;
  const isPath = path.every((segment) => SEGMENT.test(segment) && !segment.includes("**"));
  return isPath ? branded<RepositoryPattern>(text) : "TP103";
}

/** Parses a namespace glob. */
export function parseNameGlob(text: string): NameGlob | undefined {
  return NAME.test(text) ? branded<NameGlob>(text) : undefined;
}

/** Whether a repository (`host/path`, normalised) is one of the pattern's. */
export function matchesRepository(pattern: RepositoryPattern, repository: string): boolean {
  const wanted = pattern.split("/");
  const given = repository.split("/");
  const isOpen = wanted.at(-1) === "**";
  const fixed = isOpen ? wanted.slice(0, -1) : wanted;
  const fits = isOpen ? given.length > fixed.length : given.length === fixed.length;
  return fits && fixed.every((segment, i) => (i === 0 ? segment === given[0] : matchesGlob(segment, given[i] ?? "")));
}

/** Whether a name is one of the glob's. */
export function matchesName(glob: NameGlob, name: string): boolean {
  return matchesGlob(glob, name);
}

/**
 * Greedy matching with one place to come back to: linear in practice and never worse than length times length, where a
 * regular expression of many `*` would be exponential.
 */
function matchesGlob(glob: string, text: string): boolean {
  let at = 0;
  let place = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    if (glob[place] === "*") {
      star = place;
      resume = at;
      place += 1;
    } else if (glob[place] === text[at]) {
      place += 1;
      at += 1;
    } else if (star >= 0) {
      place = star + 1;
      resume += 1;
      at = resume;
    } else return false;
  }
  while (glob[place] === "*") place += 1;
  return place === glob.length;
}

/** Whether some repository may be one of both patterns. */
export function mayOverlap(a: RepositoryPattern, b: RepositoryPattern): boolean {
  const [left, right] = [a.split("/"), b.split("/")];
  const [leftOpen, rightOpen] = [left.at(-1) === "**", right.at(-1) === "**"];
  const fixedLeft = leftOpen ? left.slice(0, -1) : left;
  const fixedRight = rightOpen ? right.slice(0, -1) : right;
  const lengthsFit =
    (leftOpen && rightOpen) ||
    (leftOpen && fixedRight.length > fixedLeft.length) ||
    (rightOpen && fixedLeft.length > fixedRight.length) ||
    (!leftOpen && !rightOpen && fixedLeft.length === fixedRight.length);
  const shared = Math.min(fixedLeft.length, fixedRight.length);
  return (
    lengthsFit &&
    fixedLeft.slice(0, shared).every((segment, i) => segmentsOverlap(segment, fixedRight[i] ?? "", i === 0))
  );
}

/** Whether every repository of `inner` is one of `outer`, as far as their spelling shows it: equal, or below `outer/**`. */
export function covers(outer: RepositoryPattern, inner: RepositoryPattern): boolean {
  if (outer === inner) return true;
  const root = outer.endsWith("/**") ? outer.slice(0, -"**".length) : undefined;
  return root !== undefined && !root.includes("*") && inner.startsWith(root) && inner.length > root.length;
}

/** Whether two globs share a text: a walk over the pairs of their places. */
function segmentsOverlap(a: string, b: string, literal: boolean): boolean {
  if (literal) return a === b;
  const seen = new Set<number>();
  const step = (i: number, j: number): boolean => {
    if (a[i] === "*") return walk(i, j + 1);
    if (b[j] === "*") return walk(i + 1, j);
    return a[i] === b[j] && walk(i + 1, j + 1);
  };
  const walk = (i: number, j: number): boolean => {
    const key = i * (b.length + 1) + j;
    if (seen.has(key)) return false;
    seen.add(key);
    if (i === a.length && j === b.length) return true;
    if ((a[i] === "*" && walk(i + 1, j)) || (b[j] === "*" && walk(i, j + 1))) return true;
    return i < a.length && j < b.length && step(i, j);
  };
  return walk(0, 0);
}

import { unreachable } from "../bug.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import {
  ANY_BUT_NEWLINE,
  ANY_RUNE,
  exactly,
  PATTERN_CHARS_MAX,
  RUNE_MAX,
  type Instruction,
  type Program,
} from "./program.ts";

/**
 * The glob languages that policies are written in; none agrees with another on what `*` means.
 * `pc`: sigstore policy-controller `pkg/apis/glob`. `kyverno`: go-wildcard. `own`: image patterns of a TrustPolicy
 * (a segment's `*` stays in it; a final `**` is one or more segments). `ivpol`, with classes and braces, is lowered by
 * its reader.
 */
export type GlobDialect = "pc" | "kyverno" | "own";
export type GlobCode = "glob-syntax" | "pattern-costly";

/** What one piece of a pattern stands for. */
type Piece =
  | { readonly kind: "one"; readonly ranges: readonly number[] }
  | { readonly kind: "many"; readonly ranges: readonly number[] }
  /** At least one segment: segments are runs without `/`, joined by `/`. */
  | { readonly kind: "segments" };

const SLASH = 47;
const ANY_BUT_SLASH: readonly number[] = [0, SLASH - 1, SLASH + 1, RUNE_MAX];
const PC_CHARACTERS = /^[a-zA-Z0-9\-_:/*.@]*$/;

/** Compiles a glob to the program that accepts what it matches as a whole. */
export function compileGlob(dialect: GlobDialect, pattern: string): Parsed<Program, GlobCode> {
  if (pattern.length > PATTERN_CHARS_MAX) {
    return malformed("pattern-costly", `${pattern.length} characters where ${PATTERN_CHARS_MAX} are allowed`);
  }
  switch (dialect) {
    case "pc":
      return compilePc(pattern);
    case "kyverno":
      return parsed(assemble(piecesOf(pattern, { star: ANY_RUNE, question: ANY_RUNE })));
    case "own":
      return compileOwn(pattern);
    default:
      return unreachable(dialect);
  }
}

/** A whole pattern of `*` or `*\/*` means Docker Hub; `**` crosses slashes and not newlines, `*` the other way round. */
function compilePc(pattern: string): Parsed<Program, GlobCode> {
  if (!PC_CHARACTERS.test(pattern))
    return malformed("glob-syntax", `${pattern} has a character that globs do not allow`);
  const whole = pattern === "*" ? "index.docker.io/library/*" : pattern === "*/*" ? "index.docker.io/*/*" : pattern;
  return parsed(assemble(piecesOf(whole, { star: ANY_BUT_SLASH, doubleStar: ANY_BUT_NEWLINE })));
}

function compileOwn(pattern: string): Parsed<Program, GlobCode> {
  const deep = pattern.endsWith("/**");
  const head = deep ? pattern.slice(0, -2) : pattern;
  if (head.includes("**")) return malformed("glob-syntax", `${pattern}: ** stands last, after a slash`);
  const pieces = piecesOf(head, { star: ANY_BUT_SLASH });
  return parsed(assemble(deep ? [...pieces, { kind: "segments" }] : pieces));
}

function piecesOf(
  pattern: string,
  wild: {
    readonly star: readonly number[];
    readonly doubleStar?: readonly number[];
    readonly question?: readonly number[];
  },
): readonly Piece[] {
  const pieces: Piece[] = [];
  const chars = Array.from(pattern);
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] ?? "";
    if (char === "*" && wild.doubleStar && chars[i + 1] === "*") {
      pieces.push({ kind: "many", ranges: wild.doubleStar });
      i++;
    } else if (char === "*") pieces.push({ kind: "many", ranges: wild.star });
    else if (char === "?" && wild.question) pieces.push({ kind: "one", ranges: wild.question });
    else {
      const rune = char.codePointAt(0) ?? 0;
      pieces.push({ kind: "one", ranges: [rune, rune] });
    }
  }
  return pieces;
}

function assemble(pieces: readonly Piece[]): Program {
  if (pieces.length === 0) return exactly("");
  const instructions: Instruction[] = [];
  for (const piece of pieces) {
    const at = instructions.length;
    if (piece.kind === "one") instructions.push({ op: "rune", out: at + 1, ranges: piece.ranges });
    else if (piece.kind === "many") {
      instructions.push({ op: "alt", out: at + 2, arg: at + 1 }, { op: "rune", out: at, ranges: piece.ranges });
    } else instructions.push(...segments(at));
  }
  instructions.push({ op: "match" });
  return { start: 0, instructions };
}

/** `[^/]+ (/ [^/]+)*` */
function segments(at: number): readonly Instruction[] {
  return [
    { op: "rune", out: at + 1, ranges: ANY_BUT_SLASH },
    { op: "alt", out: at + 2, arg: at },
    { op: "alt", out: at + 4, arg: at + 3 },
    { op: "rune", out: at, ranges: [SLASH, SLASH] },
    { op: "jump", out: at + 5 },
  ];
}

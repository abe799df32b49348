import { RE2JS, RE2JSException } from "re2js";
import {
  PATTERN_CHARS_MAX,
  PROGRAM_INSTRUCTIONS_MAX,
  searching,
  type Instruction,
  type Program,
} from "../../core/automata/program.ts";
import { malformed, parsed, type Parsed } from "../../core/parsed.ts";
import type { PatternCode, RegexCompiler } from "../../ports/regex-compiler.ts";
import { foldOrbit } from "./fold.ts";

/** Op codes of re2js 2.10.0 (`Inst`); the package is pinned, and a test compares its programs with known ones. */
const ALT = 1;
const ALT_MATCH = 2;
const CAPTURE = 3;
const EMPTY_WIDTH = 4;
const FAIL = 5;
const MATCH = 6;
const NOP = 7;
const RUNE = 8;
const RUNE1 = 9;
const RUNE_ANY = 10;
const RUNE_ANY_NOT_NL = 11;
const FOLD_CASE = 1;

/** Compiles with re2js and reads its program: internal fields, each checked before it is believed. */
export const re2jsCompiler: RegexCompiler = {
  compile: (pattern) => {
    const compiled = compileSearch(pattern);
    return compiled.ok ? parsed(compiled.value.whole) : compiled;
  },
  matchesWhole: (pattern, text) => RE2JS.compile(pattern).matches(text),
  isFoundIn: (pattern, text) => RE2JS.compile(pattern).matcher(text).find(),
};

/** As `compile`, for a pattern that is searched rather than matched as a whole, as cosign and Kyverno do. */
export function compileSearching(pattern: string): Parsed<Program, PatternCode> {
  const compiled = compileSearch(pattern);
  return compiled.ok ? parsed(searching(compiled.value.whole)) : compiled;
}

function compileSearch(pattern: string): Parsed<{ readonly whole: Program }, PatternCode> {
  if (pattern.length > PATTERN_CHARS_MAX) {
    return malformed("pattern-costly", `${pattern.length} characters where ${PATTERN_CHARS_MAX} are allowed`);
  }
  const source = tryCompile(pattern);
  if (!source.ok) return source;
  const { start, instructions } = source.value;
  if (instructions.length > PROGRAM_INSTRUCTIONS_MAX) {
    return malformed(
      "pattern-costly",
      `${instructions.length} instructions where ${PROGRAM_INSTRUCTIONS_MAX} are allowed`,
    );
  }
  const read = instructions.map(readInstruction);
  const known = read.filter((instruction) => instruction !== undefined);
  if (known.length < read.length) return malformed("pattern-unsupported", "uses an instruction that RE2 does not have");
  return parsed({ whole: { start, instructions: known } });
}

function tryCompile(
  pattern: string,
): Parsed<{ readonly start: number; readonly instructions: readonly unknown[] }, PatternCode> {
  try {
    const compiled: unknown = RE2JS.compile(pattern);
    const engine = call(compiled, "re2");
    const program = field(engine, "prog");
    const start = field(program, "start");
    const instructions = field(program, "inst");
    if (typeof start === "number" && Array.isArray(instructions)) return parsed({ start, instructions });
    return malformed("pattern-unsupported", "re2js no longer shows its program in the known form");
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return malformed("pattern-syntax", error.message);
  }
}

function readInstruction(value: unknown): Instruction | undefined {
  const op = field(value, "op");
  const out = field(value, "out");
  const arg = field(value, "arg");
  if (typeof op !== "number" || typeof out !== "number" || typeof arg !== "number") return undefined;
  return READERS.get(op)?.(out, arg, field(value, "runes"));
}

type ReadInstruction = (out: number, arg: number, runes: unknown) => Instruction;
const readAlt: ReadInstruction = (out, arg) => ({ op: "alt", out, arg });
const readJump: ReadInstruction = (out) => ({ op: "jump", out });
const readRune: ReadInstruction = (out, arg, runes) => ({
  op: "rune",
  out,
  ranges: rangesOf(runes, (arg & FOLD_CASE) !== 0),
});
const READERS: ReadonlyMap<number, ReadInstruction> = new Map<number, ReadInstruction>([
  [ALT, readAlt],
  [ALT_MATCH, readAlt],
  [CAPTURE, readJump],
  [NOP, readJump],
  [EMPTY_WIDTH, (out, arg) => ({ op: "assert", out, bits: arg })],
  [FAIL, () => ({ op: "fail" })],
  [MATCH, () => ({ op: "match" })],
  [RUNE, readRune],
  [RUNE1, readRune],
  [RUNE_ANY, readRune],
  [RUNE_ANY_NOT_NL, readRune],
]);

/** One rune stands for itself, or for all its case variants; several are already closed ranges. */
function rangesOf(runes: unknown, fold: boolean): readonly number[] {
  const list = isNumberList(runes) ? Array.from(runes) : [];
  const [only] = list;
  if (list.length !== 1 || only === undefined) return list;
  return fold ? foldOrbit(only).flatMap((rune) => [rune, rune]) : [only, only];
}

function isNumberList(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || value instanceof Int32Array || value instanceof Uint32Array;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function call(value: unknown, name: string): unknown {
  const method = field(value, name);
  return typeof method === "function" ? Reflect.apply(method, value, []) : undefined;
}

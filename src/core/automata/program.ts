/**
 * A compiled pattern as plain data: a nondeterministic program over Unicode scalar values, in the manner of RE2 (Russ
 * Cox, "Regular Expression Matching: the Virtual Machine Approach"). It accepts a text when some thread stands on
 * `match` after the last character: always the whole text. A pattern that is *searched* gets its surrounding loops by
 * `searching`.
 */
export type Program = { readonly start: number; readonly instructions: readonly Instruction[] };

export type Instruction =
  | { readonly op: "alt"; readonly out: number; readonly arg: number }
  | { readonly op: "jump"; readonly out: number }
  /** All the assertions in `bits` must hold here. */
  | { readonly op: "assert"; readonly out: number; readonly bits: number }
  /** Consumes one character inside one of the closed ranges, given as lo, hi, lo, hi … in ascending order. */
  | { readonly op: "rune"; readonly out: number; readonly ranges: readonly number[] }
  | { readonly op: "match" }
  | { readonly op: "fail" };

export const BEGIN_LINE = 1;
export const END_LINE = 2;
export const BEGIN_TEXT = 4;
export const END_TEXT = 8;
export const WORD_BOUNDARY = 16;
export const NO_WORD_BOUNDARY = 32;

export const RUNE_MAX = 0x10_ff_ff;
export const ANY_RUNE: readonly number[] = [0, RUNE_MAX];
export const ANY_BUT_NEWLINE: readonly number[] = [0, 9, 11, RUNE_MAX];

/** Limits before anything is built; beyond them a question is undecided, with the reason. */
export const PATTERN_CHARS_MAX = 4096;
export const PROGRAM_INSTRUCTIONS_MAX = 20_000;

/**
 * The program that accepts every text *containing* a match: any run of characters, the pattern, any run of characters.
 * The assertions inside still look at the real neighbours, so `^` matches only where the leading run is empty.
 */
export function searching(program: Program): Program {
  const { length } = program.instructions;
  const lead = length;
  const leadRune = length + 1;
  const tail = length + 2;
  const tailRune = length + 3;
  const accept = length + 4;
  const inner = program.instructions.map((instruction): Instruction =>
    instruction.op === "match" ? { op: "jump", out: tail } : instruction,
  );
  return {
    // Where nothing but the beginning will do, a leading run is a thread that can never accept, and costs a step each time.
    start: isAnchored(program) ? program.start : lead,
    instructions: [
      ...inner,
      { op: "alt", out: program.start, arg: leadRune },
      { op: "rune", out: lead, ranges: ANY_RUNE },
      { op: "alt", out: accept, arg: tailRune },
      { op: "rune", out: tail, ranges: ANY_RUNE },
      { op: "match" },
    ],
  };
}

/** Whether every way to the first character, or to a match without one, passes an assertion of the beginning of the text. */
function isAnchored({ start, instructions }: Program): boolean {
  const seen = new Set<number>();
  const todo = [start];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    const instruction = instructions[at];
    if (seen.has(at) || !instruction) continue;
    seen.add(at);
    if (instruction.op === "rune" || instruction.op === "match") return false;
    if (instruction.op === "assert" && (instruction.bits & BEGIN_TEXT) !== 0) continue;
    if (instruction.op !== "fail") todo.push(instruction.out);
    if (instruction.op === "alt") todo.push(instruction.arg);
  }
  return true;
}

/** The program that accepts exactly one text. */
export function exactly(text: string): Program {
  const runes = Array.from(text, (char) => char.codePointAt(0) ?? 0);
  return {
    start: 0,
    instructions: [
      ...runes.map((rune, i): Instruction => ({ op: "rune", out: i + 1, ranges: [rune, rune] })),
      { op: "match" },
    ],
  };
}

/** The program that accepts every text that begins with one. */
export function startingWith(text: string): Program {
  const { instructions } = exactly(text);
  const end = instructions.length - 1;
  return {
    start: 0,
    instructions: [
      ...instructions.slice(0, -1),
      { op: "alt", out: end + 2, arg: end + 1 },
      { op: "rune", out: end, ranges: ANY_RUNE },
      { op: "match" },
    ],
  };
}

/** Accepts every text, and no text. */
export const EVERYTHING: Program = {
  start: 0,
  instructions: [{ op: "alt", out: 2, arg: 1 }, { op: "rune", out: 0, ranges: ANY_RUNE }, { op: "match" }],
};
export const NOTHING: Program = { start: 0, instructions: [{ op: "fail" }] };

import type { Alphabet } from "./alphabet.ts";
import {
  BEGIN_LINE,
  BEGIN_TEXT,
  END_LINE,
  END_TEXT,
  NO_WORD_BOUNDARY,
  WORD_BOUNDARY,
  type Instruction,
  type Program,
} from "./program.ts";

/** What assertions can know of the character before: nothing yet, a word character, a newline, another. */
export const BEGIN = 0;
export const AFTER_WORD = 1;
export const AFTER_NEWLINE = 2;
export const AFTER_OTHER = 3;
export type Context = 0 | 1 | 2 | 3;

/** And of what comes: a word character, a newline, another, the end. */
const NEXT_WORD = 0;
const NEXT_NEWLINE = 1;
const NEXT_OTHER = 2;
const NEXT_END = 3;
type Next = 0 | 1 | 2 | 3;

/** What a set of threads can do from one instruction, without consuming: characters it can take, and whether it accepts. */
type Closure = { readonly runes: readonly number[]; readonly accepts: boolean };

/**
 * The moves of one program over one alphabet. A thread is the number of an instruction; a state is an ascending list
 * of threads. Every call costs steps, which `spend` counts; it throws nothing, the search looks at its own budget.
 */
export type Threads = {
  readonly start: readonly number[];
  readonly step: (threads: readonly number[], context: Context, symbol: number) => readonly number[];
  readonly accepts: (threads: readonly number[], context: Context) => boolean;
  /** Whether a thread that takes every character and always accepts is among them: nothing can refute such a state. */
  readonly isUniversal: (threads: readonly number[]) => boolean;
};

export function contextAfter(alphabet: Alphabet, symbol: number): Context {
  if (alphabet.isNewline[symbol]) return AFTER_NEWLINE;
  return alphabet.isWord[symbol] ? AFTER_WORD : AFTER_OTHER;
}

/** Prepares a program. Closures and class memberships are computed once, when first needed. */
export function threadsOf(program: Program, alphabet: Alphabet, spend: (steps: number) => void): Threads {
  const closures = new Map<number, Closure>();
  const members = program.instructions.map((i) => (i.op === "rune" ? alphabet.matches(i.ranges) : undefined));
  const loops = universalLoops(program, members);

  const closure = (thread: number, context: Context, next: Next): Closure => {
    const key = thread * 16 + context * 4 + next;
    const known = closures.get(key);
    if (known) return known;
    const made = closeOver(program, thread, heldBits(context, next), spend);
    closures.set(key, made);
    return made;
  };

  return {
    start: [program.start],
    step: (threads, context, symbol) => {
      const next = nextOf(alphabet, symbol);
      const reached = new Set<number>();
      for (const thread of threads) {
        const { runes } = closure(thread, context, next);
        spend(1 + runes.length);
        for (const rune of runes) {
          const instruction = program.instructions[rune];
          if (instruction?.op === "rune" && members[rune]?.[symbol]) reached.add(instruction.out);
        }
      }
      return reached.size > 1 ? [...reached].toSorted((a, b) => a - b) : [...reached];
    },
    accepts: (threads, context) => threads.some((thread) => closure(thread, context, NEXT_END).accepts),
    isUniversal: (threads) => threads.some((thread) => loops.has(thread)),
  };
}

function nextOf(alphabet: Alphabet, symbol: number): Next {
  if (alphabet.isNewline[symbol]) return NEXT_NEWLINE;
  return alphabet.isWord[symbol] ? NEXT_WORD : NEXT_OTHER;
}

/** The assertions that hold between two neighbours (RE2 syntax, "Empty strings"; `$` is the end of the text alone). */
function heldBits(context: Context, next: Next): number {
  const wordBefore = context === AFTER_WORD;
  const wordAfter = next === NEXT_WORD;
  return (
    (context === BEGIN || context === AFTER_NEWLINE ? BEGIN_LINE : 0) |
    (next === NEXT_END || next === NEXT_NEWLINE ? END_LINE : 0) |
    (context === BEGIN ? BEGIN_TEXT : 0) |
    (next === NEXT_END ? END_TEXT : 0) |
    (wordBefore === wordAfter ? NO_WORD_BOUNDARY : WORD_BOUNDARY)
  );
}

/** Everything that one thread reaches without consuming a character. */
function closeOver(program: Program, thread: number, bits: number, spend: (steps: number) => void): Closure {
  const seen = new Set<number>();
  const todo = [thread];
  const runes: number[] = [];
  let accepts = false;
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const instruction = program.instructions[at];
    if (instruction?.op === "rune") runes.push(at);
    else if (instruction?.op === "match") accepts = true;
    else if (instruction) todo.push(...freeMoves(instruction, bits));
  }
  spend(seen.size);
  return { runes, accepts };
}

function freeMoves(instruction: Instruction, bits: number): readonly number[] {
  if (instruction.op === "alt") return [instruction.arg, instruction.out];
  if (instruction.op === "jump") return [instruction.out];
  return instruction.op === "assert" && (instruction.bits & ~bits) === 0 ? [instruction.out] : [];
}

/** Instructions that, whatever comes, can take it, come back, and accept: `alt` over `match` and a rune of everything. */
function universalLoops(program: Program, members: readonly (readonly boolean[] | undefined)[]): ReadonlySet<number> {
  const loops = new Set<number>();
  for (const [at, instruction] of program.instructions.entries()) {
    if (instruction.op !== "alt") continue;
    const branches = [instruction.out, instruction.arg];
    const accepting = branches.some((branch) => program.instructions[branch]?.op === "match");
    const looping = branches.some((branch) => {
      const rune = program.instructions[branch];
      return rune?.op === "rune" && rune.out === at && members[branch]?.every(Boolean);
    });
    if (accepting && looping) loops.add(at);
  }
  return loops;
}

import type { Program } from "../core/automata/program.ts";
import type { Parsed } from "../core/parsed.ts";

/** Why a pattern has no program. `pattern-costly`: over the limits of the engine; `pattern-unsupported`: not RE2. */
export type PatternCode = "pattern-syntax" | "pattern-unsupported" | "pattern-costly";

/**
 * Compiles RE2 patterns (Perl syntax, as Go's `regexp` reads them) so that automata needs no package, and matches them
 * with an engine of its own, so that every witness can be put to a second judge.
 */
export interface RegexCompiler {
  /** The program that accepts exactly the texts the pattern matches as a whole. */
  compile(pattern: string): Parsed<Program, PatternCode>;
  /** Whether the pattern matches the whole text. Only for patterns that compile. */
  matchesWhole(pattern: string, text: string): boolean;
  /** Whether the pattern is found anywhere in the text. Only for patterns that compile. */
  isFoundIn(pattern: string, text: string): boolean;
}

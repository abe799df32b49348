import { unreachable } from "../bug.ts";
import type { Domain } from "./alphabet.ts";
import { includes, type Budget, type InclusionAnswer } from "./includes.ts";
import type { Program } from "./program.ts";

/** How two sets of texts relate; the words of the change gate (§2.1 there). */
export type Relation = "EQUIVALENT" | "NARROWED" | "NO_NEW_TRUST" | "LOOSENED" | "INCOMPARABLE" | "UNDECIDED";

export type Comparison = {
  readonly relation: Relation;
  /** In `after` and not in `before`. */
  readonly witness?: string;
  /** In `before` and not in `after`. */
  readonly lost?: string;
  readonly steps: number;
};

/** Compares two unions of languages, both ways. */
export function compareLanguages(
  before: readonly Program[],
  after: readonly Program[],
  options: { readonly domain?: Domain; readonly budget?: Budget } = {},
): Comparison {
  const gained = unionIncludes(after, before, options);
  const given = unionIncludes(before, after, options);
  return {
    relation: relationOf(gained, given),
    ...(gained.kind === "witness" ? { witness: gained.text } : {}),
    ...(given.kind === "witness" ? { lost: given.text } : {}),
    steps: gained.steps + given.steps,
  };
}

/** A verdict of "looser" needs a text to show; without one, what is not proven is undecided. */
function relationOf(gained: InclusionAnswer, given: InclusionAnswer): Relation {
  if (gained.kind === "stopped") return "UNDECIDED";
  if (gained.kind === "witness") return given.kind === "witness" ? "INCOMPARABLE" : "LOOSENED";
  if (given.kind === "stopped") return "NO_NEW_TRUST";
  return given.kind === "witness" ? "NARROWED" : "EQUIVALENT";
}

/** Is every text of the left union in the right one? The left is joined into one program, so the witness is the best of all. */
export function unionIncludes(
  left: readonly Program[],
  right: readonly Program[],
  options: { readonly domain?: Domain; readonly budget?: Budget } = {},
): InclusionAnswer {
  return includes({ left: unionOf(left), positive: right, negative: [], ...options });
}

/** One program that accepts what any of them accepts. */
export function unionOf(programs: readonly Program[]): Program {
  const [only, ...others] = programs;
  if (!only) return { start: 0, instructions: [{ op: "fail" }] };
  return others.reduce(eitherOf, only);
}

function eitherOf(a: Program, b: Program): Program {
  const offset = a.instructions.length;
  const moved = b.instructions.map((instruction) => {
    switch (instruction.op) {
      case "alt":
        return { ...instruction, out: instruction.out + offset, arg: instruction.arg + offset };
      case "match":
      case "fail":
        return instruction;
      case "jump":
      case "assert":
      case "rune":
        return { ...instruction, out: instruction.out + offset };
      default:
        return unreachable(instruction);
    }
  });
  const start = offset + moved.length;
  return {
    start,
    instructions: [...a.instructions, ...moved, { op: "alt", out: a.start, arg: b.start + offset }],
  };
}

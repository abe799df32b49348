import { placeInText, type ScalarNode, type SourcePlace } from "../pipelines/definitions/source-node.ts";
import type { ScriptFacts, ScriptWord } from "../pipelines/script/script-facts.ts";
import type { StepScript } from "./calls.ts";
import { found, type RuleFinding } from "./rule.ts";
import type { StepFacts } from "./scene.ts";
import { taintsOf, type TaintedPart } from "./taint.ts";

/** A tainted value inside a word of a script. */
export type TaintedUse = {
  readonly at: SourcePlace;
  /** As written in the word: `$IMAGE`, `$(params.image)`. */
  readonly written: string;
  readonly quoted: boolean;
  readonly offset: number;
  readonly by: TaintedPart["by"];
};

/** A script with the variables in it that hold somebody else's words. */
export type TaintedScript = {
  readonly script: StepScript;
  readonly facts: ScriptFacts;
  readonly usesIn: (word: ScriptWord) => readonly TaintedUse[];
};

/** The shell scripts of a step, ready to be asked about taint. */
export function taintedScripts(facts: StepFacts): readonly TaintedScript[] {
  return facts.scripts.flatMap((script) => {
    if (!script.facts) return [];
    const names = taintedNames(facts, script.facts);
    const usesIn = (word: ScriptWord): readonly TaintedUse[] => usesOf(word, { facts, names, scalar: script.scalar });
    return [{ script, facts: script.facts, usesIn }];
  });
}

type Names = ReadonlyMap<string, TaintedPart["by"]>;

/** Assignments of assignments: a chain longer than this is followed no further. */
const CHAIN_MAX = 5;

/** Environment variables given tainted values, and the variables of the script that are assigned from them. */
function taintedNames({ step, params }: StepFacts, { commands }: ScriptFacts): Names {
  const names = new Map<string, TaintedPart["by"]>();
  for (const { name, value } of step.env) {
    const [taint] = value ? taintsOf(value.text, params) : [];
    if (taint) names.set(name, taint.by);
  }
  for (let round = 0; round < CHAIN_MAX; round++) {
    const before = names.size;
    for (const { name, word } of commands.flatMap(({ assignments }) => assignments)) {
      const [taint] = taintsOf(word.text, params);
      const from = word.expansions.find((part) => part.kind === "variable" && part.isValue && names.has(part.name));
      const by = taint?.by ?? (from && names.get(from.name));
      if (by && !names.has(name)) names.set(name, by);
    }
    if (names.size === before) break;
  }
  return names;
}

type Around = { readonly facts: StepFacts; readonly names: Names; readonly scalar: ScalarNode };

function usesOf(word: ScriptWord, { facts, names, scalar }: Around): readonly TaintedUse[] {
  return word.expansions.flatMap(({ kind, name, offset, quoted, isValue }): readonly TaintedUse[] => {
    const place = { at: placeInText(scalar, offset), quoted, offset };
    if (kind === "tekton") {
      const [taint] = taintsOf(`$(${name})`, facts.params);
      return taint ? [{ ...place, written: taint.written, by: taint.by }] : [];
    }
    const by = kind === "variable" && isValue ? names.get(name) : undefined;
    return by ? [{ ...place, written: `$${name}`, by }] : [];
  });
}

/** For rules over commands: a script that is no shell, or was not understood, leaves them open. */
export function unreadScripts(facts: StepFacts, what: string): readonly RuleFinding[] {
  return facts.scripts.flatMap(({ scalar, interpreter, facts: read }) => {
    if (read?.isWhole) return [];
    const why =
      interpreter === "other" ? "The script is not shell" : "The script could not be read to its end as shell";
    return [
      found(scalar, {
        message: `${why}, so ${what} was not looked for.`,
        fix: "Look at it by hand, or keep the part that matters in sh.",
        verdict: "unknown",
      }),
    ];
  });
}

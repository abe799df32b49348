/** What a shell script says, as far as rules look at it. Offsets are UTF-16 code units of the script. */
export type ScriptFacts = {
  /** All of it was understood. When not, nothing follows from the absence of a command. */
  readonly isWhole: boolean;
  readonly commands: readonly ScriptCommand[];
};

/** One simple command, wherever it stands: in a pipeline, a function, a substitution. */
export type ScriptCommand = {
  readonly offset: number;
  /** The name and the arguments. Never empty unless the command only assigns or redirects. */
  readonly words: readonly ScriptWord[];
  readonly assignments: readonly ScriptAssignment[];
  readonly redirects: readonly ScriptRedirect[];
  /** Index in `commands` of the command whose output this one reads. */
  readonly readsFrom?: number;
  /** Index in `commands` of the command that has this one in a substitution. */
  readonly within?: number;
  readonly flow: ScriptFlow;
};

/** Whether a command runs at all, and what comes of its failure. */
export type ScriptFlow = {
  /** It runs only when the script goes that way: branches, loops, right sides of `&&` and `||`. */
  readonly isConditional: boolean;
  /**
   * `exits`: the script answers it with a failing exit. `stops`: the script ends there under `set -e`. `passes`: the list
   * it stands in fails, which counts at the script's end only. `piped`: as `stops`, under `set -o pipefail`. `lost`:
   * nothing comes of it.
   */
  readonly failure: ScriptFailure;
  /** No other list of the script runs after the one it stands in. */
  readonly isLast: boolean;
  /** The function that has it in its body. */
  readonly function?: string;
};
export type ScriptFailure = "exits" | "stops" | "passes" | "piped" | "lost";

export type ScriptAssignment = { readonly name: string; readonly word: ScriptWord };
export type ScriptRedirect = { readonly operator: string; readonly target: ScriptWord };

export type ScriptWord = {
  readonly offset: number;
  readonly end: number;
  /** As written, with quotes. */
  readonly text: string;
  /** Quotes taken off; expansions stand in it as they are written. */
  readonly value: string;
  readonly expansions: readonly ScriptExpansion[];
};

export type ScriptExpansion = {
  readonly kind: "variable" | "command" | "process" | "arithmetic" | "tekton";
  /** The variable's name, the command's first word, or the Tekton expression. */
  readonly name: string;
  readonly offset: number;
  readonly quoted: boolean;
  /** `${#x}`, `${x:+y}` and the like: what comes out is not the value. */
  readonly isValue: boolean;
};

/** A script longer than this is not read (pipelines chapter §4). */
export const SCRIPT_CHARACTERS_MAX: number = 256 * 1024;

import type { Step } from "../pipelines/definitions/definition.ts";
import { fillIn } from "../pipelines/definitions/read-task.ts";
import { placeInText, placeOf, type ScalarNode, type SourcePlace } from "../pipelines/definitions/source-node.ts";
import type { ScriptCommand, ScriptExpansion, ScriptFacts } from "../pipelines/script/script-facts.ts";

/** A text of a step that an interpreter runs. */
export type StepScript = {
  readonly scalar: ScalarNode;
  readonly interpreter: "shell" | "other";
  /** Only of shell. */
  readonly facts?: ScriptFacts;
};

export type CallWord = {
  readonly scalar: ScalarNode;
  readonly at: SourcePlace;
  /** Quotes taken off, values of a StepAction's parameters put in; shell expansions as written. */
  readonly value: string;
  readonly expansions: readonly ScriptExpansion[];
};

/** One program that a step runs, by its script or by `command` and `args`. */
export type ToolCall = {
  /** The program's name without its folder. */
  readonly tool: string;
  readonly name: CallWord;
  /** After the name. */
  readonly words: readonly CallWord[];
  /** In a script: the command and its neighbours. */
  readonly script?: { readonly command: ScriptCommand; readonly facts: ScriptFacts; readonly scalar: ScalarNode };
};

export type ReadScript = (text: string) => ScriptFacts;

const SHELLS = new Set(["sh", "bash", "dash", "ash", "ksh", "busybox"]);
const SHEBANG = /^#!\s*(?:\/usr\/bin\/env\s+(?:-\S+\s+)*)?(\S+)/;

/** The scripts of a step: `script`, and what follows `-c` where the command is a shell. */
export function scriptsOf(step: Step, read: ReadScript): readonly StepScript[] {
  const own = step.script ? [toScript(step.script, interpreterOf(step.script.text), read)] : [];
  const words = [...step.command, ...step.args];
  const shell = words[0] && SHELLS.has(baseName(words[0].text)) && step.command.length > 0;
  const flag = shell ? words.findIndex(({ text }) => /^-[a-z]*c$/.test(text)) : -1;
  const inline = flag > 0 ? words[flag + 1] : undefined;
  return inline ? [...own, toScript(inline, "shell", read)] : own;
}

function toScript(scalar: ScalarNode, interpreter: StepScript["interpreter"], read: ReadScript): StepScript {
  return interpreter === "shell" ? { scalar, interpreter, facts: read(scalar.text) } : { scalar, interpreter };
}

/** Tekton runs a script without a first line by `/bin/sh` (`pkg/pod/script.go`). */
function interpreterOf(script: string): StepScript["interpreter"] {
  const named = SHEBANG.exec(script)?.[1];
  return named === undefined || SHELLS.has(baseName(named)) ? "shell" : "other";
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Every program that a step runs, as far as its shell scripts and its command say. */
export function callsOf(step: Step, scripts: readonly StepScript[]): readonly ToolCall[] {
  const inScripts = scripts.flatMap(({ scalar, facts }) =>
    (facts?.commands ?? []).flatMap((command) => (facts ? callOf(command, facts, scalar) : [])),
  );
  return [...inScripts, ...commandCall(step)];
}

const WRAPPERS = new Set([
  "sudo",
  "exec",
  "command",
  "time",
  "nohup",
  "nice",
  "env",
  "timeout",
  "xargs",
  "retry",
  "if",
  "!",
]);

function callOf(command: ScriptCommand, facts: ScriptFacts, scalar: ScalarNode): readonly ToolCall[] {
  const words = command.words.map((word): CallWord => ({
    scalar,
    at: placeInText(scalar, word.offset),
    value: word.value,
    expansions: word.expansions,
  }));
  let first = 0;
  while (WRAPPERS.has(baseName(words[first]?.value ?? ""))) {
    first += 1;
    while (/^-|^\d+[smh]?$|^\w+=/.test(words[first]?.value ?? "")) first += 1;
  }
  const name = words[first];
  if (!name) return [];
  return [{ tool: baseName(name.value), name, words: words.slice(first + 1), script: { command, facts, scalar } }];
}

/** What images run when a step has no command, by the last part of their repository. */
const ENTRYPOINTS: ReadonlyMap<string, string> = new Map([
  ["cosign", "cosign"],
  ["notation", "notation"],
  ["rekor-cli", "rekor-cli"],
  ["sign-step", "countersign-sign"],
]);

function commandCall(step: Step): readonly ToolCall[] {
  if (step.script) return [];
  const words = [...step.command, ...step.args].map((scalar): CallWord => {
    const value = fillIn(scalar.text, step.values);
    return { scalar, at: placeOf(scalar), value, expansions: [] };
  });
  const [name] = words;
  if (step.command.length > 0 && name) return [{ tool: baseName(name.value), name, words: words.slice(1) }];
  const entrypoint = step.image ? ENTRYPOINTS.get(lastPartOf(step.image.text)) : undefined;
  if (entrypoint === undefined || !step.image) return [];
  const image: CallWord = { scalar: step.image, at: placeOf(step.image), value: entrypoint, expansions: [] };
  return [{ tool: entrypoint, name: image, words }];
}

function lastPartOf(image: string): string {
  return baseName(image.replace(/@.*$/, "").replace(/:[^/]*$/, ""));
}

/** The value of an option: `--name=value` or `--name value`; empty when the option stands alone. */
export function optionOf(
  call: ToolCall,
  ...names: readonly string[]
): { readonly word: CallWord; readonly value: string; readonly expansions: readonly ScriptExpansion[] } | undefined {
  for (const [i, word] of call.words.entries()) {
    const name = names.find((one) => word.value === one || word.value.startsWith(`${one}=`));
    if (name === undefined) continue;
    if (word.value.length > name.length)
      return { word, value: word.value.slice(name.length + 1), expansions: word.expansions };
    const next = call.words[i + 1];
    const follows = next && !next.value.startsWith("-") ? next : undefined;
    return { word, value: follows?.value ?? "", expansions: follows?.expansions ?? [] };
  }
  return undefined;
}

/** Switches of cosign and notation that take no value as a word of their own. */
const SWITCHES =
  /^(?:-y|-r|-d|-f|-v|--(?:yes|recursive|upload|tlog-upload|no-tlog-upload|force|allow-[\w-]+|k8s-keychain|record-creation-timestamp|verbose|new-bundle-format|use-signing-config|insecure[\w-]*|replace|no-upload|skip-confirmation|debug))$/;

/** The words that are no options and no values of options. */
export function operandsOf(call: ToolCall): readonly CallWord[] {
  return call.words.filter((word, i) => {
    const before = call.words[i - 1]?.value ?? "";
    const isValue = before.startsWith("-") && before !== "--" && !before.includes("=") && !SWITCHES.test(before);
    return !word.value.startsWith("-") && !isValue;
  });
}

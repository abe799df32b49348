import { unreachable } from "../../bug.ts";
import type { ToolCall } from "../../lint/calls.ts";
import type { ScriptCommand, ScriptFacts } from "../../pipelines/script/script-facts.ts";
import type { FactStrength, Lowered } from "./fact.ts";

/** What the script around a call makes of it. */
export function loweredByScript(call: ToolCall): readonly Lowered[] {
  if (!call.script) return [];
  const { command, facts, scalar } = call.script;
  const judged = judgeFlow(command, facts, scalar.text);
  return judged ? [{ by: "script", ...judged, node: scalar, params: [] }] : [];
}

type Judged = { readonly strength: FactStrength; readonly why: string };

function judgeFlow(command: ScriptCommand, facts: ScriptFacts, script: string): Judged | undefined {
  if (!facts.isWhole) return { strength: "unknown", why: "the script could not be read to its end" };
  const tool = command.words[0]?.value ?? "";
  if (facts.commands.some(({ flow }) => flow.function === tool) || isAliased(tool, facts))
    return { strength: "none", why: `the script calls something of its own ${tool}` };
  const calls = flowsOf(command, facts);
  if (calls.length === 0) return { strength: "none", why: "the function that signs is never called" };
  const all = calls.map((one) => judgeOne(one, facts, script));
  return all.some((one) => one === undefined) ? undefined : all[0];
}

/** The command itself, or the calls of the function that has it. */
function flowsOf(command: ScriptCommand, { commands }: ScriptFacts): readonly ScriptCommand[] {
  const name = command.flow.function;
  if (name === undefined) return [command];
  const calls = commands.filter(({ words, flow }) => words[0]?.value === name && flow.function === undefined);
  return calls.map((call) => ({ ...call, flow: mixed(command, call) }));
}

function mixed({ flow: inner }: ScriptCommand, { flow: outer }: ScriptCommand): ScriptCommand["flow"] {
  const isLost = outer.failure !== "stops" || inner.failure !== "stops";
  const failure =
    inner.failure === "exits" || !isLost ? outer.failure : inner.failure === "stops" ? outer.failure : inner.failure;
  return { isConditional: inner.isConditional || outer.isConditional, failure, isLast: inner.isLast && outer.isLast };
}

function isAliased(tool: string, { commands }: ScriptFacts): boolean {
  return commands.some(
    ({ words }) => words[0]?.value === "alias" && words.some(({ value }) => value.startsWith(`${tool}=`)),
  );
}

function judgeOne(command: ScriptCommand, facts: ScriptFacts, script: string): Judged | undefined {
  if (leftBefore(command, facts)) return { strength: "none", why: "the script ends before it signs" };
  if (facts.commands.some(isSwallowingTrap)) {
    return { strength: "advisory", why: "a trap ends the script with success" };
  }
  if (lastSwitch(command, facts, "e", "errexit") === false) {
    return { strength: "advisory", why: "set +e lets the script go on when it fails" };
  }
  if (!isFailureSeen(command, facts, script)) return { strength: "advisory", why: "the script goes on when it fails" };
  if (endsWell(command, facts)) return { strength: "advisory", why: "the script says exit 0 whatever came before" };
  return command.flow.isConditional ? { strength: "conditional", why: "the script may go another way" } : undefined;
}

/**
 * `exit 0` behind the command. Where `set -e` is in force it is never reached after a failure; nobody writes it for
 * another reason, and whatever turns `set -e` off makes it count.
 */
function endsWell(command: ScriptCommand, { commands }: ScriptFacts): boolean {
  return commands.some(
    ({ words, flow, offset, within }) =>
      offset > command.offset &&
      within === undefined &&
      !flow.isConditional &&
      flow.function === undefined &&
      words[0]?.value === "exit" &&
      words[1]?.value === "0",
  );
}

/** Whether the script fails when the command does. */
function isFailureSeen(command: ScriptCommand, facts: ScriptFacts, script: string): boolean {
  const { failure, isLast } = command.flow;
  const isStopped = isLast || isErrexit(command, facts, script);
  switch (failure) {
    case "exits":
      return true;
    case "stops":
      return isStopped;
    case "passes":
      return isLast;
    case "piped":
      return isStopped && hasPipefail(command, facts);
    case "lost":
      return false;
    default:
      return unreachable(failure);
  }
}

function leftBefore(command: ScriptCommand, { commands }: ScriptFacts): boolean {
  return commands.some(
    ({ words, flow, offset, within }) =>
      offset < command.offset &&
      within === undefined &&
      !flow.isConditional &&
      flow.function === undefined &&
      (words[0]?.value === "exit" || (words[0]?.value === "exec" && words.length > 1)),
  );
}

function isSwallowingTrap({ words }: ScriptCommand): boolean {
  return words[0]?.value === "trap" && words.slice(1).some(({ value }) => /\bexit\s+0\b/.test(value));
}

/** Whether `set -e` is in force: Tekton puts it before scripts that have no first line (`pkg/pod/script.go`). */
function isErrexit(command: ScriptCommand, facts: ScriptFacts, script: string): boolean {
  const first = /^#!(.*)/.exec(script)?.[1];
  return lastSwitch(command, facts, "e", "errexit") ?? (first === undefined || /\s-[a-z]*e/.test(first));
}

function hasPipefail(command: ScriptCommand, facts: ScriptFacts): boolean {
  return lastSwitch(command, facts, "", "pipefail") ?? false;
}

function lastSwitch(
  command: ScriptCommand,
  { commands }: ScriptFacts,
  letter: string,
  name: string,
): boolean | undefined {
  const before = commands.filter(
    ({ words, offset, flow }) => words[0]?.value === "set" && offset < command.offset && flow.function === undefined,
  );
  let state: boolean | undefined;
  for (const { words } of before) {
    for (const [i, { value }] of words.entries()) {
      const sign = value[0];
      if (sign !== "-" && sign !== "+") continue;
      const isNamed = value.endsWith("o") && words[i + 1]?.value === name;
      if (isNamed || (letter !== "" && value.slice(1).includes(letter))) state = sign === "-";
    }
  }
  return state;
}

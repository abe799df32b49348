import {
  forEachChild,
  parse,
  type Command,
  type ParsedScript,
  type Pipeline,
  type Redirection,
  type SyntaxNode,
  type Word,
  type WordPart,
} from "unbash";
import { unreachable } from "../../core/bug.ts";
import {
  SCRIPT_CHARACTERS_MAX,
  type ScriptAssignment,
  type ScriptCommand,
  type ScriptExpansion,
  type ScriptFacts,
  type ScriptFlow,
  type ScriptRedirect,
  type ScriptWord,
} from "../../core/pipelines/script/script-facts.ts";
import { scanVariables } from "../../core/pipelines/definitions/variables.ts";
import type { ScriptReader } from "../../ports/script-reader.ts";
import { branchesOf, flowInPipeline, isBranching, lost, TOP } from "./script-flow.ts";

/** Reads sh and bash with unbash. */
export const shellScriptReader: ScriptReader = { read: readScript };

const COMMANDS_MAX = 20_000;
/** The walk is recursive; the parser gives up nesting deeper than this (`limits.ts` there). */
const DEPTH_MAX = 600;

function readScript(script: string): ScriptFacts {
  if (script.length > SCRIPT_CHARACTERS_MAX) return { isWhole: false, commands: [] };
  const tekton = new Map(scanVariables(script).map(({ offset, expression }) => [offset, expression]));
  const walk: Walk = { script, tekton, isWhole: true, commands: [] };
  visit(parse(script), walk, { depth: 0, flow: TOP });
  return { isWhole: walk.isWhole, commands: walk.commands };
}

type Walk = {
  readonly script: string;
  readonly tekton: ReadonlyMap<number, string>;
  isWhole: boolean;
  readonly commands: ScriptCommand[];
};

/** `at` is given inside backticks, where offsets are those of another text: all of it stands at the backtick. */
type Where = { readonly depth: number; readonly at?: number; readonly within?: number; readonly flow: ScriptFlow };

function visit(node: SyntaxNode, walk: Walk, where: Where): void {
  if (where.depth > DEPTH_MAX || walk.commands.length > COMMANDS_MAX) {
    walk.isWhole = false;
    return;
  }
  if (isBroken(node)) walk.isWhole = false;
  const below = { ...where, depth: where.depth + 1 };
  if (node.type === "Command") visitCommand(node, walk, below);
  else if (node.type === "Pipeline") visitPipeline(node, walk, below);
  else if (isBranching(node)) {
    for (const { node: child, flow } of branchesOf(node, where.flow)) visit(child, walk, { ...below, flow });
  } else if (node.type === "CommandExpansion" || node.type === "ArithmeticCommandExpansion") {
    // In the tree a Tekton variable looks like a command named `params.x`.
    if (!walk.tekton.has(node.pos) && node.script) visit(node.script, walk, atScript(node.script, node.pos, below));
  } else forEachChild(node, (child) => visit(child, walk, below));
}

function isBroken(node: SyntaxNode): boolean {
  return node.type === "Script" && "errors" in node && node.errors !== undefined && node.errors.length > 0;
}

function atScript(script: ParsedScript, pos: number, where: Where): Where {
  return script.source === undefined ? where : { ...where, at: where.at ?? pos };
}

function visitPipeline(node: Pipeline, walk: Walk, where: Where): void {
  let before: number | undefined;
  for (const [i, command] of node.commands.entries()) {
    const first = walk.commands.length;
    visit(command, walk, { ...where, flow: flowInPipeline(node, i, where.flow) });
    const head = walk.commands[first];
    if (head && before !== undefined) walk.commands[first] = { ...head, readsFrom: before };
    if (head) before = first;
  }
}

function visitCommand(node: Command, walk: Walk, where: Where): void {
  const self = walk.commands.length;
  const words = [...(node.name ? [node.name] : []), ...node.args.filter((arg) => arg.type === "Word")];
  const written = [...node.prefix, ...node.suffix].filter((part) => part.type === "Assignment");
  walk.commands.push({
    offset: where.at ?? node.pos,
    // `a=b` after the name is an argument like any other.
    words: [...node.args.filter((arg) => arg.type === "Assignment"), ...words]
      .toSorted((a, b) => a.pos - b.pos)
      .flatMap((part) => (part.type === "Word" ? [toWord(part, walk, where)] : [assignedWord(part, walk, where)])),
    assignments: written.flatMap((part) => toAssignment(part, walk, where)),
    redirects: node.redirects.flatMap((redirect) => toRedirect(redirect, walk, where)),
    ...(where.within !== undefined && { within: where.within }),
    flow: where.flow,
  });
  // The status of a substitution is the command's own only where there is nothing but assignments.
  const flow = node.name ? lost(where.flow) : where.flow;
  forEachChild(node, (child) => visit(child, walk, { ...where, within: self, flow }));
}

type AssignmentNode = Extract<Command["prefix"][number], { readonly type: "Assignment" }>;

function assignedWord(node: AssignmentNode, walk: Walk, where: Where): ScriptWord {
  const value = node.value.type === "Word" ? toWord(node.value, walk, where) : undefined;
  return {
    offset: where.at ?? node.pos,
    end: where.at ?? node.end,
    text: node.text,
    value: `${node.name}=${value?.value ?? ""}`,
    expansions: value?.expansions ?? [],
  };
}

function toAssignment(node: AssignmentNode, walk: Walk, where: Where): readonly ScriptAssignment[] {
  if (node.value.type === "Word") return [{ name: node.name, word: toWord(node.value, walk, where) }];
  return node.value.elements.map((element) => ({ name: node.name, word: toWord(element, walk, where) }));
}

function toRedirect(node: Redirection, walk: Walk, where: Where): readonly ScriptRedirect[] {
  if (node.type !== "HereDoc")
    return node.target ? [{ operator: node.operator, target: toWord(node.target, walk, where) }] : [];
  const { pos, end, text, parts } = node.body;
  const expansions = (parts ?? []).flatMap((part) => toExpansions(part, { walk, where, quoted: true }));
  return [{ operator: "<<", target: { offset: where.at ?? pos, end: where.at ?? end, text, value: text, expansions } }];
}

function toWord(node: Word, walk: Walk, where: Where): ScriptWord {
  return {
    offset: where.at ?? node.pos,
    // An open backtick ends behind the script.
    end: Math.min(where.at ?? node.end, walk.script.length),
    text: node.text,
    value: node.value,
    expansions: (node.parts ?? []).flatMap((part) => toExpansions(part, { walk, where, quoted: false })),
  };
}

type Around = { readonly walk: Walk; readonly where: Where; readonly quoted: boolean };

function toExpansions(part: WordPart, around: Around): readonly ScriptExpansion[] {
  if (part.type === "DoubleQuoted" || part.type === "LocaleString")
    return part.parts.flatMap((child) => toExpansions(child, { ...around, quoted: true }));
  if (part.type === "ExtendedGlob" || part.type === "BraceExpansion")
    return (part.parts ?? []).flatMap((child) => toExpansions(child, around));
  return isExpansion(part) ? [toExpansion(part, around)] : [];
}

function isExpansion(part: WordPart): part is ExpansionPart {
  return EXPANSIONS.has(part.type);
}

const EXPANSIONS: ReadonlySet<string> = new Set([
  "SimpleExpansion",
  "ParameterExpansion",
  "CommandExpansion",
  "ProcessSubstitution",
  "ArithmeticExpansion",
]);

type ExpansionPart = Extract<
  WordPart,
  {
    readonly type:
      | "SimpleExpansion"
      | "ParameterExpansion"
      | "CommandExpansion"
      | "ProcessSubstitution"
      | "ArithmeticExpansion";
  }
>;

function toExpansion(part: ExpansionPart, { walk, where, quoted }: Around): ScriptExpansion {
  const at = { offset: where.at ?? part.pos, quoted };
  switch (part.type) {
    case "SimpleExpansion":
      return { ...at, kind: "variable", name: part.text.slice(1), isValue: true };
    case "ParameterExpansion":
      return { ...at, kind: "variable", name: part.parameter, isValue: isValue(part) };
    case "CommandExpansion": {
      const tekton = walk.tekton.get(part.pos);
      if (tekton !== undefined) return { ...at, kind: "tekton", name: tekton, isValue: true };
      return { ...at, kind: "command", name: firstWordOf(part.script), isValue: true };
    }
    case "ProcessSubstitution":
      return { ...at, kind: "process", name: firstWordOf(part.script), isValue: true };
    case "ArithmeticExpansion":
      return { ...at, kind: "arithmetic", name: "", isValue: false };
    default:
      return unreachable(part);
  }
}

function isValue(part: Extract<WordPart, { readonly type: "ParameterExpansion" }>): boolean {
  const { operation } = part;
  if (part.prefix === "#") return false;
  return !(operation?.type === "Default" && operation.operator.endsWith("+"));
}

function firstWordOf(script: ParsedScript | undefined): string {
  const command = script?.commands[0]?.command;
  const first = command?.type === "Pipeline" ? command.commands[0] : command;
  return first?.type === "Command" ? (first.name?.value ?? "") : "";
}

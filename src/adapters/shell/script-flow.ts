import type {
  AndOr,
  Case,
  Command,
  CompoundList,
  Coproc,
  For,
  Function,
  If,
  ParsedScript,
  Pipeline,
  Select,
  Statement,
  SyntaxNode,
  While,
  ArithmeticFor,
} from "unbash";
import { unreachable } from "../../core/bug.ts";
import type { ScriptFlow } from "../../core/pipelines/script/script-facts.ts";

/** The flow of a script's own first level. */
export const TOP: ScriptFlow = { isConditional: false, failure: "stops", isLast: true };

/** What is read below a node, and how it flows there. */
type Branch = { readonly node: SyntaxNode; readonly flow: ScriptFlow };

type Branching =
  | ParsedScript
  | CompoundList
  | Statement
  | AndOr
  | If
  | For
  | ArithmeticFor
  | Select
  | While
  | Case
  | Function
  | Coproc;

const BRANCHING: ReadonlySet<string> = new Set([
  "Script",
  "CompoundList",
  "Statement",
  "AndOr",
  "If",
  "For",
  "ArithmeticFor",
  "Select",
  "While",
  "Case",
  "Function",
  "Coproc",
]);

export function isBranching(node: SyntaxNode): node is Branching {
  return BRANCHING.has(node.type);
}

export function lost(flow: ScriptFlow): ScriptFlow {
  return { ...flow, failure: "lost" };
}

/** Where a script goes from here (POSIX shell §2.8.1, 2.9: which failures count). */
export function branchesOf(node: Branching, flow: ScriptFlow): readonly Branch[] {
  if (isLoop(node)) return branchesOfLoop(node, flow);
  switch (node.type) {
    case "Script":
    case "CompoundList":
      return node.commands.map((statement, i) => ({
        node: statement,
        flow: { ...flow, isLast: flow.isLast && i === node.commands.length - 1 },
      }));
    case "Statement":
      return [{ node: node.command, flow: node.background === true ? lost(flow) : flow }];
    case "AndOr":
      return node.commands.map((command, i) => ({ node: command, flow: flowInList(node, i, flow) }));
    case "Function":
      // Its calls say whether it runs.
      return [{ node: node.body, flow: { ...TOP, function: node.name.text } }];
    case "Coproc":
      return [{ node: node.body, flow: lost(flow) }];
    case "If":
      return branchesOfIf(node, flow);
    case "Case":
      return branchesOfCase(node, flow);
    default:
      return unreachable(node);
  }
}

type Loop = For | ArithmeticFor | Select | While;

function isLoop(node: Branching): node is Loop {
  return node.type === "For" || node.type === "ArithmeticFor" || node.type === "Select" || node.type === "While";
}

function branchesOfLoop(node: Loop, flow: ScriptFlow): readonly Branch[] {
  // Of a body that runs more than once, only the last time is the script's last.
  const inLoop = { ...flow, isLast: false };
  const clause = node.type === "While" ? [{ node: node.clause, flow: lost(inLoop) }] : [];
  const words = node.type === "For" || node.type === "Select" ? (node.wordlist ?? []) : [];
  const isSure = words.length > 0 && words.every(({ parts }) => parts === undefined);
  const body = { ...inLoop, isConditional: flow.isConditional || !isSure };
  return [...clause, ...words.map((word) => ({ node: word, flow: lost(flow) })), { node: node.body, flow: body }];
}

function branchesOfCase({ word, items }: Case, flow: ScriptFlow): readonly Branch[] {
  const maybe = { ...flow, isConditional: true };
  const words = [word, ...items.flatMap(({ pattern }) => pattern)];
  return [
    ...words.map((node) => ({ node, flow: lost(flow) })),
    ...items.map(({ body }) => ({ node: body, flow: maybe })),
  ];
}

function branchesOfIf({ clause, then, elif, else: otherwise }: If, flow: ScriptFlow): readonly Branch[] {
  const maybe = { ...flow, isConditional: true };
  const isAnswered = isNegated(clause)
    ? endsFailing(then)
    : elif.length === 0 && otherwise !== undefined && endsFailing(otherwise);
  const asked: ScriptFlow = { ...flow, failure: isAnswered ? "exits" : "lost", isLast: false };
  return [
    { node: clause, flow: asked },
    { node: then, flow: maybe },
    ...elif.flatMap((one) => [
      { node: one.clause, flow: lost({ ...maybe, isLast: false }) },
      { node: one.then, flow: maybe },
    ]),
    ...(otherwise ? [{ node: otherwise, flow: maybe }] : []),
  ];
}

function flowInList({ commands, operators }: AndOr, i: number, flow: ScriptFlow): ScriptFlow {
  const inList = { ...flow, isConditional: flow.isConditional || i > 0 };
  const rescue = operators.findIndex((operator, at) => at >= i && operator === "||");
  if (rescue >= 0) {
    const answer = commands[rescue + 1];
    return { ...inList, failure: answer !== undefined && endsFailing(answer) ? "exits" : "lost" };
  }
  return i === commands.length - 1 || flow.failure !== "stops" ? inList : { ...inList, failure: "passes" };
}

export function flowInPipeline(node: Pipeline, i: number, flow: ScriptFlow): ScriptFlow {
  // Of `! a` in a condition the branches have already been looked at.
  if (node.prefixes.some(({ type }) => type === "Negation") && flow.failure !== "exits") return lost(flow);
  if (i === node.commands.length - 1) return flow;
  return { ...flow, failure: flow.failure === "stops" ? "piped" : "lost" };
}

function isNegated({ commands }: CompoundList): boolean {
  const [only] = commands;
  return (
    commands.length === 1 &&
    only?.command.type === "Pipeline" &&
    only.command.prefixes.some(({ type }) => type === "Negation")
  );
}

/** Commands that leave the script's way as it is. */
const TELLING: ReadonlySet<string> = new Set(["echo", "printf", "cat", ":", "date", "sleep", "logger"]);

/** Whether what answers a failure surely ends the script with a failure: nothing but words, then a failing exit. */
function endsFailing(node: SyntaxNode): boolean {
  // A bare `exit` hands on the failure only when nothing ran in between.
  if (node.type === "Command") return ["failing", "handing-on"].includes(exitOf(node) ?? "");
  if (node.type === "BraceGroup") return endsFailing(node.body);
  if (node.type !== "CompoundList") return false;
  const last = node.commands.at(-1);
  const before = node.commands.slice(0, -1).map(({ command }) => command);
  const isPlain = before.every((one) => one.type === "Command" && TELLING.has(one.name?.value ?? ""));
  if (!last || !isPlain || last.background === true) return false;
  return last.command.type === "Command" ? exitOf(last.command) === "failing" : endsFailing(last.command);
}

function exitOf({ name, args }: Command): "failing" | "handing-on" | undefined {
  if (name?.value === "false") return "failing";
  if (name?.value !== "exit" && name?.value !== "return") return undefined;
  const [status] = args;
  if (status?.type !== "Word" || status.value === "$?") return "handing-on";
  return /^(?!0+$)\d+$/.test(status.value) ? "failing" : undefined;
}

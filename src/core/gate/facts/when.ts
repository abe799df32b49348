import { itemsAt, scalarAt, scalarsAt, textAt, type SourceNode } from "../../pipelines/definitions/source-node.ts";
import { scanVariables } from "../../pipelines/definitions/variables.ts";
import type { GuardParam } from "./fact.ts";
import type { Values } from "./values.ts";

/** Whether something runs, as far as constants say. `sometimes`: a caller, an event or another task decides. */
export type Folded = {
  readonly runs: "always" | "sometimes" | "never";
  readonly params: readonly GuardParam[];
  readonly why: string;
  readonly node: SourceNode | undefined;
};

/** Puts the values that are known into a text. */
type Evaluate = (text: string) => string;

const ALWAYS: Folded = { runs: "always", params: [], why: "", node: undefined };

/**
 * Folds the `when` of a task or step. A literal of the run counts; a default counts only against running, because
 * whoever makes another run may say otherwise.
 */
export function foldWhen(holder: SourceNode, values: Values, evaluate: Evaluate): Folded {
  const folded = itemsAt(holder, "when").map((item) => foldItem(item, values, evaluate));
  const never = folded.find(({ runs }) => runs === "never");
  const sometimes = folded.find(({ runs }) => runs === "sometimes");
  const params = folded.flatMap((one) => one.params);
  return { ...(never ?? sometimes ?? ALWAYS), params };
}

function foldItem(item: SourceNode, values: Values, evaluate: Evaluate): Folded {
  const cel = scalarAt(item, "cel");
  if (cel)
    return { ...folding(celOf(cel.text)), params: paramsIn([cel.text], values), why: `cel ${cel.text}`, node: item };
  const input = evaluate(textAt(item, "input") ?? "");
  const options = scalarsAt(item, "values").map(({ text }) => evaluate(text));
  const operator = textAt(item, "operator") ?? "";
  const params = paramsIn([input, ...options], values);
  const known = [input, ...options].map((text) => values.ofRun(text));
  const why = `${input} ${operator} [${options.join(", ")}]`;
  const isKnown = known.every((text) => !/\$\(|\{\{/.test(text)) && (operator === "in" || operator === "notin");
  if (!isKnown) return { runs: "sometimes", params, why, node: item };
  const [first = "", ...rest] = known;
  const holds = rest.includes(first) === (operator === "in");
  const isFixed = params.every(({ from }) => from === "run");
  if (!holds) return { runs: "never", params, why, node: item };
  return { runs: isFixed ? "always" : "sometimes", params, why, node: item };
}

function folding(value: boolean | undefined): Pick<Folded, "runs"> {
  if (value === undefined) return { runs: "sometimes" };
  return { runs: value ? "always" : "never" };
}

/** Of CEL, only literals are folded. */
function celOf(text: string): boolean | undefined {
  const comparison = /^\s*'([^'\\]*)'\s*(==|!=)\s*'([^'\\]*)'\s*$/.exec(text);
  if (comparison && !/\$\(|\{\{/.test(text)) return (comparison[1] === comparison[3]) === (comparison[2] === "==");
  const literal = /^\s*(true|false)\s*$/.exec(text)?.[1];
  return literal === undefined ? undefined : literal === "true";
}

function paramsIn(texts: readonly string[], values: Values): readonly GuardParam[] {
  const names = texts.flatMap((text) =>
    scanVariables(text).flatMap(({ names: [root, name] }) => (root === "params" && name !== undefined ? [name] : [])),
  );
  return [...new Set(names)].map((name) => {
    const { value, from } = values.param(name);
    return { name, value: textAt(value), from };
  });
}

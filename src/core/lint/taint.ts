import type { ParamDeclaration } from "../pipelines/definitions/definition.ts";
import {
  originOfEvent,
  scanEventExpressions,
  scanVariables,
  type TektonVariable,
} from "../pipelines/definitions/variables.ts";

export type Params = ReadonlyMap<string, ParamDeclaration>;

/** A part of a text whose words somebody else chooses. */
export type TaintedPart = {
  readonly offset: number;
  readonly end: number;
  /** As written: `$(params.image)`, `{{ source_branch }}`. */
  readonly written: string;
  /** `caller`: whoever starts the run. `event`: whoever sends an event. `unknown`: who chooses is not in sight. */
  readonly by: "caller" | "event" | "unknown";
};

/** The Tekton variables of a text that a caller, an event or another task chooses (pipelines chapter §6, INJ-01). */
export function taintedVariables(text: string, params: Params): readonly TaintedPart[] {
  return scanVariables(text).flatMap((variable) => {
    const by = originOf(variable, params);
    return by ? [{ offset: variable.offset, end: variable.end, written: `$(${variable.expression})`, by }] : [];
  });
}

/** The Pipelines-as-Code expressions of a text that the sender of an event chooses, or may choose. */
export function taintedExpressions(text: string): readonly TaintedPart[] {
  return scanEventExpressions(text).flatMap(({ offset, end, expression }) => {
    const origin = originOfEvent(expression);
    if (origin !== "event" && origin !== "custom") return [];
    return [{ offset, end, written: text.slice(offset, end), by: origin === "event" ? "event" : "unknown" } as const];
  });
}

export function taintsOf(text: string, params: Params): readonly TaintedPart[] {
  return [...taintedVariables(text, params), ...taintedExpressions(text)];
}

function originOf(variable: TektonVariable, params: Params): TaintedPart["by"] | undefined {
  const [root, name = "", third] = variable.names;
  if (root === "params") {
    const declared = params.get(name);
    return declared?.isEnum === true || declared?.isFixed === true ? undefined : "caller";
  }
  if (EVENT_ROOTS.has(root)) return "event";
  // A path is Tekton's own.
  if (variable.names.at(-1) === "path") return undefined;
  return CHOSEN[root]?.(third) === true ? "caller" : undefined;
}

const EVENT_ROOTS: ReadonlySet<string> = new Set(["tt", "body", "header", "extensions"]);

/**
 * Of each root, whether its third name leads to text of somebody else. Not `context`: names of runs and namespaces are
 * DNS labels, and no character of theirs means anything to an interpreter.
 */
const CHOSEN: Readonly<Record<string, (third: string | undefined) => boolean>> = {
  workspaces: (third) => third !== "bound",
  tasks: (third) => third === "results" || third === "outputs",
  steps: (third) => third !== "exitCode",
};

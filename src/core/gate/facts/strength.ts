import type { StepFacts } from "../../lint/scene.ts";
import { itemsAt, mapAt, nodeAt, scalarsAt, textAt, type SourceNode } from "../../pipelines/definitions/source-node.ts";
import type { Entry, EntryTask } from "./entry.ts";
import type { Lowered } from "./fact.ts";
import { runsOf } from "./guards.ts";
import type { Values } from "./values.ts";
import { foldWhen, type Folded } from "./when.ts";

/**
 * What makes a task of an entry run less than always, or fail unseen. `sources`: tasks whose absence makes the artifact
 * absent too.
 */
export function loweredByTask(
  at: EntryTask,
  entry: Entry,
  values: Values,
  sources: ReadonlySet<string>,
): readonly Lowered[] {
  const { node, continuesOnError, uses } = at.task;
  const byName = new Map(entry.tasks.map((one) => [one.task.name, one]));
  const skipped = uses
    .filter(({ task }) => !sources.has(task))
    .flatMap(({ task, scalar }) => {
      const one = byName.get(task);
      const why = `it takes a result of ${task}, which may be left out`;
      return one
        ? byWhen(runsOf(one, values), scalar).map((each) => ({ ...each, by: "skipped-source" as const, why }))
        : [];
    });
  return [
    ...byWhen(runsOf(at, values), node),
    ...(continuesOnError ? [byOnError("the pipeline goes on when it fails", node)] : []),
    ...byMatrix(node),
    ...skipped,
  ];
}

/** What makes a step run less than always, or fail unseen. */
export function loweredByStep(at: EntryTask, { step }: StepFacts, values: Values): readonly Lowered[] {
  const onError = textAt(step.node, "onError");
  const goesOn = onError !== undefined && onError !== "stopAndFail";
  return [
    ...byWhen(
      foldWhen(step.node, values, (text) => values.ofStep(text, at)),
      step.node,
    ),
    ...(goesOn ? [byOnError(`its step has onError: ${onError}`, step.node)] : []),
  ];
}

function byWhen({ runs, why, node, params }: Folded, holder: SourceNode): readonly Lowered[] {
  if (runs === "always") return [];
  const strength = runs === "never" ? "none" : "conditional";
  return [{ by: "when", strength, why: `it runs only when ${why}`, node: node ?? holder, params }];
}

function byOnError(why: string, holder: SourceNode): Lowered {
  return { by: "on-error", strength: "advisory", why, node: nodeAt(holder, "onError") ?? holder, params: [] };
}

/** A matrix over anything but literal lists may have no combination. */
function byMatrix(node: SourceNode): readonly Lowered[] {
  const matrix = mapAt(node, "matrix");
  if (!matrix) return [];
  const params = itemsAt(matrix, "params");
  const isLiteral = params.every((param) => {
    const values = scalarsAt(param, "value");
    return values.length > 0 && values.every(({ text }) => !/\[\*\]\)|\{\{/.test(text));
  });
  if (isLiteral && (params.length > 0 || itemsAt(matrix, "include").length > 0)) return [];
  return [{ by: "matrix", strength: "conditional", why: "its matrix may be empty", node: matrix, params: [] }];
}

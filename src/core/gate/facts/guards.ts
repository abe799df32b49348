import { textAt } from "../../pipelines/definitions/source-node.ts";
import type { Entry, EntryTask } from "./entry.ts";
import type { FactGuard } from "./fact.ts";
import { textOfReference } from "./revision.ts";
import type { Values } from "./values.ts";
import { foldWhen, type Folded } from "./when.ts";

/** Whether a task of an entry runs. */
export function runsOf({ task }: EntryTask, values: Values): Folded {
  return foldWhen(task.node, values, (text) => values.ofTask(text));
}

/**
 * The tasks that must have succeeded before one runs: those it waits for or takes results of, and theirs. A task of
 * `finally` waits for nothing but the results it takes, unless it runs only when all others succeeded.
 */
export function guardsOf(
  at: EntryTask,
  entry: Entry,
  values: Values,
  producers: ReadonlySet<string>,
): readonly FactGuard[] {
  const byName = new Map(entry.tasks.map((one) => [one.task.name, one]));
  const before = new Set<string>();
  const open = [
    ...predecessors(at),
    ...(waitsForAll(at) ? entry.tasks.filter(({ task }) => !task.isFinally).map(({ task }) => task.name) : []),
  ];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const one = byName.get(name);
    if (!one || before.has(name)) continue;
    before.add(name);
    open.push(...predecessors(one));
  }
  return [...before]
    .filter((name) => !producers.has(name))
    .flatMap((name) => {
      const one = byName.get(name);
      const runs = one && runsOf(one, values).runs;
      if (!one || runs === "never" || one.task.continuesOnError) return [];
      return [{ task: name, content: contentOf(one), isSure: runs === "always" }];
    });
}

function predecessors({ task }: EntryTask): readonly string[] {
  return [...(task.isFinally ? [] : task.runAfter), ...task.uses.map((use) => use.task)];
}

function waitsForAll({ task }: EntryTask): boolean {
  if (!task.isFinally) return false;
  const when = task.node.fields.get("when")?.node;
  const items = when?.kind === "list" ? when.items : [];
  return items.some(
    (item) =>
      textAt(item, "input") === "$(tasks.status)" &&
      textAt(item, "operator") === "in" &&
      textAt(item, "values", 0) === "Succeeded",
  );
}

/** What a task is, however it is called: a task that was renamed is still there. */
function contentOf({ task, unit }: EntryTask): string {
  if (task.reference) return textOfReference(task.reference);
  return (unit?.steps ?? []).map(({ image, script }) => `${image?.text ?? ""} ${script?.text ?? ""}`).join("\n");
}

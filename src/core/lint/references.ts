import type { DefinitionSet, Reference } from "../pipelines/definitions/definition.ts";

/** Every reference to a Task, Pipeline or StepAction in a set. */
export function allReferences({ tasks, pipelines, runs }: DefinitionSet): readonly Reference[] {
  return [
    ...tasks.flatMap((task) => task.steps.map(({ reference }) => reference)),
    ...pipelines.flatMap((pipeline) => pipeline.tasks.map(({ reference }) => reference)),
    ...runs.map(({ reference }) => reference),
  ].filter((reference) => reference !== undefined);
}

import { shellScriptReader } from "../../adapters/shell/script-reader.ts";
import { DEFAULT_KNOWLEDGE, makeScene } from "../../core/lint/scene.ts";
import type { ObjectDefinition } from "../../core/pipelines/definitions/definition.ts";
import { readDefinitions } from "../../core/pipelines/definitions/read-definitions.ts";
import { placeOf } from "../../core/pipelines/definitions/source-node.ts";
import { readDefinitionFiles } from "./read-definition-files.ts";

/** A definition in a file. `opaque`: whether it signs is decided by something that is not in the files. */
export type PipelineItem = {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly signs: "yes" | "no" | "opaque";
  readonly file: string;
  readonly line: number;
};

/** Reads files and folders, and says what stands in them. */
export async function listDefinitions(paths: readonly string[]): Promise<readonly PipelineItem[]> {
  const files = await readDefinitionFiles(paths);
  const set = readDefinitions(files.flatMap(({ documents }) => documents));
  const scene = makeScene(set, DEFAULT_KNOWLEDGE, (text) => shellScriptReader.read(text));
  const tasks = set.tasks
    .filter(({ written }) => written === "task")
    .map((task) => toItem(task.owner, toSigns([scene.isSigningTask(task) || hidden(task.steps)])));
  const actions = set.stepActions.map(({ owner }) =>
    toItem(owner, toSigns([scene.bodies.some((body) => body.owner === owner && body.signs !== undefined)])),
  );
  const pipelines = set.pipelines
    .filter(({ owner }) => owner.kind === "Pipeline")
    .map((pipeline) => toItem(pipeline.owner, toSigns(pipeline.tasks.map(scene.signs))));
  const runs = set.runs.map((run) =>
    toItem(run.owner, toSigns(run.pipeline || run.task ? usesOf(run.owner, scene.accountUses) : [undefined])),
  );
  return [...tasks, ...actions, ...pipelines, ...runs];
}

function hidden(steps: readonly { readonly origin: string }[]): false | undefined {
  return steps.some(({ origin }) => origin === "opaque") ? undefined : false;
}

function usesOf(
  owner: ObjectDefinition,
  uses: ReturnType<typeof makeScene>["accountUses"],
): readonly (boolean | undefined)[] {
  return uses.filter(({ run }) => run.owner === owner).map(({ signs }) => signs);
}

function toSigns(parts: readonly (boolean | undefined)[]): PipelineItem["signs"] {
  if (parts.includes(true)) return "yes";
  return parts.includes(undefined) ? "opaque" : "no";
}

function toItem({ kind, name, namespace, node }: ObjectDefinition, signs: PipelineItem["signs"]): PipelineItem {
  const { file, line } = placeOf(node);
  return { kind, name: name === "" ? "(generated)" : name, namespace, signs, file, line };
}

import { makeScene, type LintKnowledge, type LintScene } from "../../lint/scene.ts";
import type { ReadScript } from "../../lint/calls.ts";
import type { DefinitionFile } from "../../pipelines/definitions/definition-file.ts";
import type { PipelineUnit, Reference, TaskUnit } from "../../pipelines/definitions/definition.ts";
import { readDefinitions } from "../../pipelines/definitions/read-definitions.ts";
import { textAt } from "../../pipelines/definitions/source-node.ts";

/** One side of a change: its definitions, and content that references out of them lead to. */
export type Revision = {
  readonly scene: LintScene;
  readonly files: readonly DefinitionFile[];
  /** Content by what fixes it (`pinOf`). */
  readonly bundles: ReadonlyMap<string, LintScene>;
};

export type RevisionInput = {
  readonly files: readonly DefinitionFile[];
  readonly bundles?: ReadonlyMap<string, readonly DefinitionFile[]>;
  readonly knowledge: LintKnowledge;
  readonly read: ReadScript;
};

/** Reads one side of a change. Never throws. */
export function toRevision({ files, bundles, knowledge, read }: RevisionInput): Revision {
  const toScene = (all: readonly DefinitionFile[]): LintScene =>
    makeScene(readDefinitions(all.flatMap(({ documents }) => documents)), knowledge, read);
  return {
    scene: toScene(files),
    files,
    bundles: new Map([...(bundles ?? [])].map(([text, content]) => [text, toScene(content)] as const)),
  };
}

/** All that a reference says of where its content is: two that say the same mean the same, when pinned. */
export function textOfReference(reference: Reference): string {
  const { kind, name, node, params } = reference;
  const get = (key: string): string => textAt(params.get(key)) ?? "";
  if (kind === "bundles") return get("bundle");
  if (kind === "http") return get("url");
  if (kind === "hub") return `${get("catalog")}/${get("type")}/${name ?? ""}:${get("version")}`;
  if (kind === "git") {
    const repository = get("url") || `${get("org")}/${get("repo")}`;
    return `${repository}#${get("revision")}:${get("pathInRepo")}`;
  }
  const rest = [...params].map(([key, value]) => `,${key}=${textAt(value) ?? ""}`).join("");
  return `${textAt(node, "resolver") ?? kind}:${name ?? ""}${rest}`;
}

/** Whether the text of a reference fixes its content. */
export function isPinned(reference: Reference): boolean {
  if (reference.kind === "bundles") return /@sha256:[0-9a-f]{64}$/.test(textOfReference(reference));
  const revision = textAt(reference.params.get("revision")) ?? "";
  return reference.kind === "git" && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(revision);
}

/** What fixes the content of a reference: `sha256:…` of a bundle, `commit:path` of a file in Git; absent when nothing does. */
export function pinOf(reference: Reference): string | undefined {
  if (!isPinned(reference)) return undefined;
  const get = (key: string): string => textAt(reference.params.get(key)) ?? "";
  if (reference.kind === "git") return `${get("revision")}:${get("pathInRepo").replace(/^\/+/, "")}`;
  return textOfReference(reference).replace(/^.*@/, "");
}

function contentOf(reference: Reference, { bundles }: Revision): LintScene | undefined {
  const pin = pinOf(reference);
  return pin === undefined ? undefined : bundles.get(pin);
}

/** A Task with the scene that has read it. */
export type FoundTask = { readonly unit: TaskUnit; readonly scene: LintScene };

export function taskByReference(reference: Reference, revision: Revision): FoundTask | undefined {
  const scene = contentOf(reference, revision);
  const own = scene?.set.tasks.filter(({ written }) => written === "task") ?? [];
  const unit = onlyOf(own, reference);
  return scene && unit ? { scene, unit } : undefined;
}

/** A Pipeline with the scene that has read it. */
export type FoundPipeline = { readonly unit: PipelineUnit; readonly scene: LintScene };

export function pipelineByReference(reference: Reference, revision: Revision): FoundPipeline | undefined {
  const scene = contentOf(reference, revision);
  const unit = onlyOf(scene?.set.pipelines.filter(({ owner }) => owner.kind === "Pipeline") ?? [], reference);
  return scene && unit ? { scene, unit } : undefined;
}

/** A file in Git has no name for what is in it: there, it is the only one. */
function onlyOf<T extends { readonly name: string }>(all: readonly T[], { name }: Reference): T | undefined {
  if (name !== undefined) return all.find((one) => one.name === name);
  return all.length === 1 ? all[0] : undefined;
}

import { chainsSettings, type Settings } from "../../lint/controller-config.ts";
import type { DefinitionSet } from "../../pipelines/definitions/definition.ts";
import { itemsAt, mapAt, scalarAt, textAt, type SourceNode } from "../../pipelines/definitions/source-node.ts";
import { toArtifact } from "./artifact.ts";
import type { Entry, EntryTask } from "./entry.ts";
import type { FactFamily, FactSignature } from "./fact.ts";
import { resultsOf } from "./results.ts";
import type { Values } from "./values.ts";

/** What Tekton Chains is told to do with one kind of artifact. */
export type ChainsConfig = {
  readonly get: (key: string) => string | undefined;
  readonly settings: Settings;
};

/** The configuration of Chains in a tree; `undefined` when the tree has none: then nothing is known of it. */
export function chainsConfigOf(set: DefinitionSet): ChainsConfig | undefined {
  const [settings] = chainsSettings(set);
  return settings && { settings, get: (key) => settings.get(key)?.text };
}

/** Whether Chains signs a kind of artifact: an empty storage, or the signer `none`, switches it off. */
export function chainsMakes({ get }: ChainsConfig, kind: "oci" | "taskrun" | "pipelinerun"): boolean {
  const storage = get(`artifacts.${kind}.storage`) ?? (kind === "oci" ? "oci" : "tekton");
  return storage.trim() !== "" && get(`artifacts.${kind}.signer`) !== "none";
}

/** An artifact that Chains sees by the results of a task (tektoncd/chains `docs/slsa-provenance.md`, type hinting). */
export type Hinted = { readonly artifact: string; readonly isImage: boolean; readonly node: SourceNode };

export function hintsOf(at: EntryTask, values: Values): readonly Hinted[] {
  if (!at.unit) return [];
  const { unit } = at;
  const names = [...unit.results.keys()];
  const written = resultsOf(unit, at.scene);
  const artifactOf = (result: string): string => {
    const value = written.get(result);
    const text = value ? values.ofStep(value.text, at, value.step) : `$(tasks.${at.task.name}.results.${result})`;
    return toArtifact(values.ofRun(text));
  };
  const pairs = names.flatMap((name) => {
    const image = /^(.*)IMAGE_URL$/.exec(name)?.[1];
    const other = /^(.*)ARTIFACT_URI$/.exec(name)?.[1];
    const isPaired =
      image === undefined ? names.includes(`${other ?? ""}ARTIFACT_DIGEST`) : names.includes(`${image}IMAGE_DIGEST`);
    return (image !== undefined || other !== undefined) && isPaired ? [{ name, isImage: image !== undefined }] : [];
  });
  const lists = names.filter((name) => name === "IMAGES").map((name) => ({ name, isImage: true }));
  const outputs = names.filter((name) => name.endsWith("ARTIFACT_OUTPUTS")).map((name) => ({ name, isImage: false }));
  return [...pairs, ...lists, ...outputs].map(({ name, isImage }) => ({
    artifact: artifactOf(name),
    isImage,
    node: unit.results.get(name) ?? unit.spec,
  }));
}

/** An annotation by which Chains takes a whole entry for done (`pkg/chains/annotations/annotations.go`): Tekton hands it on to every run of it. */
export function presetOfEntry({ owner, pipelineOwner }: Entry): SourceNode | undefined {
  return presetIn([
    mapAt(owner.node, "metadata", "annotations"),
    mapAt(owner.node, "spec", "taskRunTemplate", "metadata", "annotations"),
    mapAt(pipelineOwner?.node, "metadata", "annotations"),
  ]);
}

/** The same for one task of an entry. */
export function presetOfTask({ task, unit }: EntryTask, { owner }: Entry): SourceNode | undefined {
  const specs = itemsAt(owner.node, "spec", "taskRunSpecs").filter(
    (one) => textAt(one, "pipelineTaskName") === task.name,
  );
  return presetIn([
    mapAt(task.node, "taskSpec", "metadata", "annotations"),
    ...(unit?.written === "task" ? [mapAt(unit.owner.node, "metadata", "annotations")] : []),
    ...specs.map((one) => mapAt(one, "metadata", "annotations")),
  ]);
}

function presetIn(places: readonly (SourceNode | undefined)[]): SourceNode | undefined {
  return places
    .map((place) => scalarAt(place, "chains.tekton.dev/signed"))
    .find((value) => value !== undefined && /^(?:true|failed)$|\$\(|\{\{/.test(value.text));
}

/** The signature that Chains makes of an artifact it sees. */
export function chainsSignature(config: ChainsConfig, family: FactFamily, node: SourceNode): FactSignature {
  return {
    mechanism: "chains",
    strength: "guaranteed",
    lowered: [],
    isolation: "separate",
    exposure: "",
    identity: "chains",
    subject: family,
    binding: "produced",
    image: undefined,
    weakenings: [],
    hasTimestamp: false,
    tokens: [],
    guards: [],
    references: [],
    node: node.kind === "map" ? node : config.settings.map,
  };
}

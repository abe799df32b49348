import { readFields, type FieldReader } from "./field-reader.ts";
import { readObjectMeta, type ObjectMeta } from "./object-meta.ts";

/** The settings of Tekton Chains, as its ConfigMap has them. A key that is absent has its default. */
export type ChainsConfig = { readonly meta: ObjectMeta; readonly data: Readonly<Record<string, string>> };

/** Reads the ConfigMap `chains-config`. Never throws; what is no text is left out. */
export function readChainsConfig(object: unknown): ChainsConfig {
  const fields: FieldReader = readFields(object, []);
  return { meta: readObjectMeta(fields), data: fields.texts("data") };
}

const ARTIFACTS = ["taskrun", "pipelinerun", "oci"];

/** What of the settings keeps signatures from being made, stored or logged; sentences (pipelines chapter §6, CFG-06 and CFG-07). */
export function weaknessesOf({ data }: ChainsConfig): readonly string[] {
  const transparency = data["transparency.enabled"];
  return [
    ...(transparency === "true"
      ? []
      : [
          `transparency.enabled is ${transparency === undefined ? "unset" : `"${transparency}"`}, so nothing is logged`,
        ]),
    ...ARTIFACTS.flatMap((kind) => [
      ...(data[`artifacts.${kind}.storage`] === ""
        ? [`artifacts.${kind}.storage is empty, so nothing is signed of it`]
        : []),
      ...(data[`artifacts.${kind}.signer`] === "none" ? [`artifacts.${kind}.signer is none`] : []),
    ]),
  ];
}

import type { DefinitionSet, ObjectDefinition } from "../pipelines/definitions/definition.ts";
import {
  mapAt,
  scalarAt,
  type MapNode,
  type ScalarNode,
  type SourceNode,
} from "../pipelines/definitions/source-node.ts";

/** Settings of a controller, from its ConfigMap or from the operator's resource: flat keys and text values. */
export type Settings = {
  readonly object: ObjectDefinition;
  /** The map that holds the keys, to point at when one is missing. */
  readonly map: MapNode;
  readonly get: (key: string) => ScalarNode | undefined;
};

/** `chains-config`, or `spec.chain` of TektonConfig, or TektonChain (tektoncd/chains `docs/config.md`, tektoncd/operator). */
export function chainsSettings(set: DefinitionSet): readonly Settings[] {
  return [
    ...configMaps(set, "chains-config"),
    ...operatorSettings(set, "TektonConfig", ["spec", "chain"]),
    ...operatorSettings(set, "TektonChain", ["spec"]),
  ];
}

/** `feature-flags`, or `spec.pipeline` of TektonConfig. */
export function featureFlags(set: DefinitionSet): readonly Settings[] {
  return [...configMaps(set, "feature-flags"), ...operatorSettings(set, "TektonConfig", ["spec", "pipeline"])];
}

/** `config-defaults`, or `spec.pipeline` of TektonConfig. */
export function pipelineDefaults(set: DefinitionSet): readonly Settings[] {
  return [...configMaps(set, "config-defaults"), ...operatorSettings(set, "TektonConfig", ["spec", "pipeline"])];
}

export function configMaps(set: DefinitionSet, name: string): readonly Settings[] {
  return set.objects
    .filter((object) => object.kind === "ConfigMap" && object.name === name)
    .map((object) => settingsOf(object, mapAt(object.node, "data") ?? object.node));
}

function operatorSettings(set: DefinitionSet, kind: string, way: readonly string[]): readonly Settings[] {
  return set.objects.flatMap((object) => {
    const map = object.kind === kind ? mapAt(object.node, ...way) : undefined;
    return map ? [settingsOf(object, map)] : [];
  });
}

function settingsOf(object: ObjectDefinition, map: MapNode): Settings {
  return { object, map, get: (key) => scalarAt(map, key) };
}

/** What Chains does with images when it is left alone: `artifacts.oci.storage` is `oci`, `artifacts.oci.signer` is `x509`. */
export function chainsSigns(set: DefinitionSet): boolean | undefined {
  const all = chainsSettings(set);
  if (all.length === 0) return undefined;
  return all.some(({ get }) => {
    const storage = get("artifacts.oci.storage")?.text ?? "oci";
    return storage.trim() !== "" && (get("artifacts.oci.signer")?.text ?? "x509") !== "none";
  });
}

/** One issuer of Fulcio's configuration (sigstore/fulcio `pkg/config/config.go`). */
export type FulcioIssuer = {
  readonly object: ObjectDefinition;
  readonly node: SourceNode;
  readonly isMeta: boolean;
  /** The URL, or the pattern of a meta issuer. */
  readonly url: string;
  readonly clientId: ScalarNode | undefined;
  readonly type: ScalarNode | undefined;
  readonly field: (...names: readonly string[]) => ScalarNode | undefined;
};

/** Every issuer of every Fulcio configuration in the set: a file, `config.yaml` of a ConfigMap, or Securesign and Fulcio resources. */
export function fulcioIssuers(set: DefinitionSet): readonly FulcioIssuer[] {
  return set.objects.flatMap((object) => {
    const roots = fulcioRoots(object);
    return roots.flatMap((root) => [
      ...issuersIn(object, root, { keys: ["oidc-issuers", "OIDCIssuers", "oidcIssuers"], isMeta: false }),
      ...issuersIn(object, root, { keys: ["meta-issuers", "MetaIssuers", "metaIssuers"], isMeta: true }),
    ]);
  });
}

/** The documents that hold Fulcio's configuration. */
export function fulcioRoots(object: ObjectDefinition): readonly SourceNode[] {
  if (object.kind === "FulcioConfig") return [object.node];
  if (object.kind === "Fulcio") return [mapAt(object.node, "spec", "config")].filter((found) => found !== undefined);
  if (object.kind === "Securesign")
    return [mapAt(object.node, "spec", "fulcio", "config")].filter((found) => found !== undefined);
  if (object.kind !== "ConfigMap") return [];
  return [...(mapAt(object.node, "data")?.fields.values() ?? [])].flatMap(({ node }) => {
    const nested = node.kind === "scalar" ? node.nested : undefined;
    return nested &&
      ["oidc-issuers", "OIDCIssuers", "meta-issuers", "MetaIssuers"].some((key) => mapAt(nested)?.fields.has(key))
      ? [nested]
      : [];
  });
}

type Section = { readonly keys: readonly string[]; readonly isMeta: boolean };

function issuersIn(object: ObjectDefinition, root: SourceNode, { keys, isMeta }: Section): readonly FulcioIssuer[] {
  return keys.flatMap((key) => {
    const section = root.kind === "map" ? root.fields.get(key)?.node : undefined;
    if (section?.kind === "map")
      return [...section.fields].map(([url, { node }]) => toIssuer(object, node, { url, isMeta }));
    if (section?.kind !== "list") return [];
    return section.items.map((node) => {
      const url = (scalarAt(node, "issuer") ?? scalarAt(node, "issuerURL") ?? scalarAt(node, "issuer-url"))?.text ?? "";
      return toIssuer(object, node, { url, isMeta });
    });
  });
}

function toIssuer(
  object: ObjectDefinition,
  node: SourceNode,
  { url, isMeta }: { readonly url: string; readonly isMeta: boolean },
): FulcioIssuer {
  const field = (...names: readonly string[]): ScalarNode | undefined =>
    names.map((name) => scalarAt(node, name)).find((value) => value !== undefined);
  const clientId = field("client-id", "ClientID", "clientID");
  return {
    object,
    node,
    isMeta,
    url: field("issuer-url", "IssuerURL", "issuerURL")?.text ?? url,
    clientId,
    type: field("type", "Type"),
    field,
  };
}

import { parseBase64 } from "../../core/bytes/base64.ts";
import { parseUtf8, toUtf8 } from "../../core/bytes/utf8.ts";
import { looksLikePolicy } from "../../core/gate/tree/policy-words.ts";
import type { DefinitionFile } from "../../core/pipelines/definitions/definition-file.ts";
import { mapAt, textAt, type ScalarNode, type SourceNode } from "../../core/pipelines/definitions/source-node.ts";
import type { GateSide } from "./gather-side.ts";

export type ReadManifests = (path: string, bytes: Uint8Array) => DefinitionFile;

/**
 * What stands in the keys of ConfigMaps and Secrets: those that the configuration names, and those whose text speaks of
 * trust. Each is a file called `cm.yaml#data["key"]`, whose lines are those of the text. Keys that are called like a file
 * have been read with theirs.
 */
export function embeddedFiles(
  { manifests }: Pick<GateSide, "manifests">,
  named: readonly string[],
  readManifests: ReadManifests,
): readonly DefinitionFile[] {
  return manifests.flatMap(({ path, documents }) =>
    documents.flatMap(({ root }) =>
      valuesOf(root).flatMap(({ holder, key, text }) => {
        const name = `${path}#${holder}["${key}"]`;
        return named.includes(name) || looksLikePolicy(text) ? [readManifests(name, toUtf8(text))] : [];
      }),
    ),
  );
}

type Value = { readonly holder: string; readonly key: string; readonly text: string };

function valuesOf(root: SourceNode): readonly Value[] {
  const kind = textAt(root, "kind");
  if (kind !== "ConfigMap" && kind !== "Secret") return [];
  return ["data", "stringData"].flatMap((holder) =>
    [...(mapAt(root, holder)?.fields ?? [])].flatMap(([key, { node }]) => {
      if (node.kind !== "scalar" || node.nested) return [];
      const text = kind === "Secret" && holder === "data" ? decodedOf(node) : node.text;
      return text === undefined ? [] : [{ holder, key, text }];
    }),
  );
}

/** Values of Secrets are base64; what is none, no API server takes. */
function decodedOf({ text }: ScalarNode): string | undefined {
  const bytes = parseBase64(text.trim());
  return bytes && parseUtf8(bytes);
}

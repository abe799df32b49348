import type { DefinitionFile } from "../../pipelines/definitions/definition-file.ts";
import { fieldsAt, itemsAt, textAt, type SourceNode } from "../../pipelines/definitions/source-node.ts";
import type { GateDocument } from "./field.ts";
import { policiesIn } from "./machine-config.ts";
import type { GateBlobs } from "./reading.ts";

/** One side of a change, read: manifests as trees with places, and files that are none as bytes. */
export type GateTree = { readonly files: readonly DefinitionFile[]; readonly blobs: GateBlobs };

/** Every object of a tree: documents, the items of lists, and what ConfigMaps carry inside. */
export function documentsOf({ files }: GateTree): readonly GateDocument[] {
  return files.flatMap(({ path, documents }) =>
    documents.flatMap(({ root }, i) => objectsIn({ file: path, document: i, pointer: "", root })),
  );
}

function objectsIn(document: GateDocument): readonly GateDocument[] {
  const { root, pointer } = document;
  const isList = (textAt(root, "kind") ?? "").endsWith("List") && textAt(root, "apiVersion") !== undefined;
  const items = isList ? itemsAt(root, "items") : [];
  if (items.length > 0) {
    return items.flatMap((item, i) => objectsIn({ ...document, pointer: `${pointer}/items/${i}`, root: item }));
  }
  return [document, ...nestedIn(document), ...policiesIn(document)];
}

function nestedIn(document: GateDocument): readonly GateDocument[] {
  return ["data", "stringData"].flatMap((holder) =>
    fieldsAt(document.root, holder).flatMap(([name, node]) => {
      const nested = nestedOf(node);
      const token = name.replaceAll("~", "~0").replaceAll("/", "~1");
      return nested ? [{ ...document, pointer: `${document.pointer}/${holder}/${token}`, root: nested }] : [];
    }),
  );
}

function nestedOf(node: SourceNode): SourceNode | undefined {
  return node.kind === "scalar" ? node.nested : undefined;
}

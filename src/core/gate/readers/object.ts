import { nodeAt, textAt, type SourceNode } from "../../pipelines/definitions/source-node.ts";
import type { GateDocument } from "./field.ts";

/** Kind, group and name of a Kubernetes object; empty where it has none. */
export type ObjectHead = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
};

export function headOf({ root }: Pick<GateDocument, "root">): ObjectHead {
  const [first = "", second] = (textAt(root, "apiVersion") ?? "").split("/");
  return {
    group: second === undefined ? "" : first,
    version: second ?? first,
    kind: textAt(root, "kind") ?? "",
    namespace: textAt(root, "metadata", "namespace") ?? "",
    name: textAt(root, "metadata", "name") ?? "",
  };
}

/** Whether a document is an object of this group and one of these kinds. */
export function isOfKind(document: GateDocument, group: string, ...kinds: readonly string[]): boolean {
  const head = headOf(document);
  return head.group === group && kinds.includes(head.kind);
}

/** A node as indented JSON with its members in order: text that shows a difference line by line. */
export function renderNode(node: SourceNode | undefined, indent = ""): string {
  if (!node) return "";
  if (node.kind === "scalar") return JSON.stringify(node.value);
  const inner = `${indent}  `;
  const parts =
    node.kind === "list"
      ? node.items.map((item) => `${inner}${renderNode(item, inner)}`)
      : [...node.fields.keys()]
          .toSorted()
          .map((name) => `${inner}${JSON.stringify(name)}: ${renderNode(nodeAt(node, name), inner)}`);
  const [open, close] = node.kind === "list" ? ["[", "]"] : ["{", "}"];
  return parts.length === 0 ? `${open}${close}` : `${open}\n${parts.join(",\n")}\n${indent}${close}`;
}

/** The members of every Kubernetes object. */
export const OBJECT_FIELDS = ["apiVersion", "kind", "metadata", "spec", "status"] as const;

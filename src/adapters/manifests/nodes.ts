import type {
  FieldNode,
  ListNode,
  MapNode,
  PathLink,
  SourceFile,
  SourceNode,
} from "../../core/pipelines/definitions/source-node.ts";

/** A map node, written out and not spread together: a catalogue has hundreds of thousands of them. */
export function mapNode(
  source: SourceFile,
  offset: number,
  link: PathLink | undefined,
  fields: ReadonlyMap<string, FieldNode>,
): MapNode {
  return link ? { source, offset, link, kind: "map", fields } : { source, offset, kind: "map", fields };
}

/** A list node. */
export function listNode(
  source: SourceFile,
  offset: number,
  link: PathLink | undefined,
  items: readonly SourceNode[],
): ListNode {
  return link ? { source, offset, link, kind: "list", items } : { source, offset, kind: "list", items };
}

/** The way one step further down. */
export function linkBelow(above: PathLink | undefined, key: string | number): PathLink {
  return above ? { key, above } : { key };
}

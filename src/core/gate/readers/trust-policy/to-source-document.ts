import type { JsonValue } from "../../../json/json.ts";
import { placeOf, placeOfName, type SourceNode } from "../../../pipelines/definitions/source-node.ts";
import type { Place, SourceDocument } from "../../../policy/problem.ts";
import type { GateDocument } from "../field.ts";

/** A document as the readers of the own policy language take it. */
export function toSourceDocument({ file, root }: GateDocument): SourceDocument {
  const places = new Map<string, Place>();
  return { file, value: toValue(root, "", places), places };
}

function toValue(node: SourceNode, pointer: string, places: Map<string, Place>, name?: Place): JsonValue {
  const { line, column } = placeOf(node);
  places.set(pointer, { line, column, ...(name && { name }) });
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map((item, i) => toValue(item, `${pointer}/${i}`, places));
  return Object.fromEntries(
    [...node.fields].map(([member, field]) => {
      const token = member.replaceAll("~", "~0").replaceAll("/", "~1");
      return [member, toValue(field.node, `${pointer}/${token}`, places, placeOfName(node, member))];
    }),
  );
}

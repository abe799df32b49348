import { parseBase64 } from "../../bytes/base64.ts";
import { parseUtf8 } from "../../bytes/utf8.ts";
import { isJsonArray, type JsonValue } from "../../json/json.ts";
import { readJsonText } from "../../json/read-json.ts";
import {
  itemsAt,
  scalarAt,
  textAt,
  type ScalarNode,
  type SourceNode,
} from "../../pipelines/definitions/source-node.ts";
import type { GateDocument } from "./field.ts";
import { isOfKind } from "./object.ts";

/** Deeper than any policy. */
const DEPTH_MAX = 64;

/** The `policy.json` that a MachineConfig of OpenShift writes to the nodes; every part of it stands where its text does. */
export function policiesIn(document: GateDocument): readonly GateDocument[] {
  if (!isOfKind(document, "machineconfiguration.openshift.io", "MachineConfig")) return [];
  return itemsAt(document.root, "spec", "config", "storage", "files").flatMap((file, i) => {
    const source = scalarAt(file, "contents", "source");
    if (textAt(file, "path") !== "/etc/containers/policy.json" || !source) return [];
    const pointer = `${document.pointer}/spec/config/storage/files/${i}/contents/source`;
    return [{ ...document, pointer, root: toTree(source) }];
  });
}

/** What is no data URL of JSON is a text, which no reader takes for a policy: so it stands for one that is refused. */
function toTree(source: ScalarNode): SourceNode {
  const text = decodeDataUrl(source.text);
  const json = text === undefined ? undefined : readJsonText(text, DEPTH_MAX);
  return json?.ok === true ? toNode(json.value, source) : toNode({ default: [{ type: "unreadable" }] }, source);
}

/** RFC 2397: `data:[type][;base64],…`. */
function decodeDataUrl(url: string): string | undefined {
  const [, parameters = "", data] = /^data:([^,]*),(.*)$/s.exec(url) ?? [];
  if (data === undefined) return undefined;
  if (!parameters.endsWith(";base64")) return decodePercent(data);
  const bytes = parseBase64(data.replaceAll(/\s/g, ""));
  return bytes && parseUtf8(bytes);
}

function decodePercent(text: string): string | undefined {
  if (!/^[ -~]*$/.test(text)) return undefined;
  const bytes: number[] = [];
  for (const [, hex, char = ""] of text.matchAll(/%([0-9A-Fa-f]{2})|([^%])/gs)) {
    bytes.push(hex === undefined ? char.charCodeAt(0) : Number.parseInt(hex, 16));
  }
  return parseUtf8(Uint8Array.from(bytes));
}

function toNode(value: JsonValue, at: ScalarNode): SourceNode {
  const { source, offset } = at;
  if (isJsonArray(value)) return { kind: "list", source, offset, items: value.map((item) => toNode(item, at)) };
  if (typeof value !== "object" || value === null)
    return { kind: "scalar", source, offset, value, text: String(value) };
  const fields = Object.entries(value).map(
    ([name, item]) => [name, { node: toNode(item, at), nameOffset: offset }] as const,
  );
  return { kind: "map", source, offset, fields: new Map(fields) };
}

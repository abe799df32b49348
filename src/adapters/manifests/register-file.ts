import { isMap, isSeq, isScalar, parseAllDocuments, stringify, type Document, type YAMLMap, type YAMLSeq } from "yaml";
import type { JsonObject } from "../../core/json/json.ts";
import { API_VERSION } from "../../core/names.ts";

const KINDS: ReadonlySet<unknown> = new Set(["IdentityRegister", "SigningIdentityRegister"]);
const EMPTY = `apiVersion: ${API_VERSION}\nkind: IdentityRegister\nidentities: []\n`;

/**
 * Adds an entry to the first register in a text, and leaves every other character as it is, so that a review shows the
 * entry alone. An empty text becomes a register; `undefined` when the text has no register with a list of identities.
 */
export function withEntry(text: string, entry: JsonObject): string | undefined {
  const whole = text.trim() === "" ? EMPTY : text;
  const list = listsOf(whole)[0];
  if (!list?.range) return undefined;
  const last = list.items.at(-1);
  const [start, end] = list.range;
  if (list.flow === true && list.items.length > 0) {
    const open = whole.lastIndexOf("]", end - 1);
    return splice(whole, { from: open, to: open, text: `, ${JSON.stringify(entry)}` });
  }
  if (!isMap(last) || !last.range || list.flow === true) {
    const from = whole.slice(0, start).replace(/[ \t]+$/, "").length;
    return splice(whole, { from, to: end, text: `\n${asItem(entry, "  ").trimEnd()}` });
  }
  const dash = whole.lastIndexOf("-", last.range[0] - 1);
  const from = endOfLine(whole, last.range[1]);
  return splice(whole, { from, to: from, text: `\n${asItem(entry, " ".repeat(columnOf(whole, dash))).trimEnd()}` });
}

/** Sets members of the entry with an id; `undefined` when no register of the text has it. */
export function withChangedEntry(text: string, id: string, members: JsonObject): string | undefined {
  let made = text;
  for (const [name, value] of Object.entries(members)) {
    const entry = entryOf(made, id);
    if (!entry?.range) return undefined;
    // Between brackets, JSON is YAML that nothing around it can change.
    const isInline = entry.flow === true && !(typeof value === "string" && /^[\w.-]+$/.test(value));
    made = withMember(made, entry, [
      name,
      isInline ? JSON.stringify(value) : stringify(value, { lineWidth: 0 }).trimEnd(),
    ]);
  }
  return entryOf(made, id) ? made : undefined;
}

function entryOf(text: string, id: string): YAMLMap | undefined {
  const found = listsOf(text)
    .flatMap(({ items }) => items)
    .find((item) => isMap(item) && item.get("id") === id);
  return isMap(found) ? found : undefined;
}

function withMember(text: string, entry: YAMLMap, [name, value]: readonly [string, string]): string {
  const [, end = 0] = entry.range ?? [];
  const pair = entry.items.find(({ key }) => isScalar(key) && key.value === name);
  if (isScalar(pair?.value) && pair.value.range) {
    const [from, to] = pair.value.range;
    return splice(text, { from, to, text: value });
  }
  if (entry.flow === true) {
    const at = text.slice(0, text.lastIndexOf("}", end - 1)).trimEnd().length;
    return splice(text, { from: at, to: at, text: `, ${name}: ${value}` });
  }
  const [start = 0] = entry.range ?? [];
  const at = endOfLine(text, end);
  return splice(text, { from: at, to: at, text: `\n${" ".repeat(columnOf(text, start))}${name}: ${value}` });
}

/** The lists of identities of the registers in a text: at the top, or under `spec`. */
function listsOf(text: string): readonly YAMLSeq[] {
  const documents = parseAllDocuments(text, { version: "1.2" });
  return Array.isArray(documents) ? documents.flatMap((document) => listOf(document) ?? []) : [];
}

function listOf(document: Document.Parsed): YAMLSeq | undefined {
  if (document.errors.length > 0 || !isMap(document.contents) || !KINDS.has(document.get("kind"))) return undefined;
  const spec = document.get("spec");
  const list = (isMap(spec) ? spec : document.contents).get("identities");
  return isSeq(list) ? list : undefined;
}

function asItem(entry: JsonObject, indent: string): string {
  return stringify([entry], { lineWidth: 0 }).replaceAll(/^(?=.)/gm, indent);
}

type Splice = { readonly from: number; readonly to: number; readonly text: string };

function splice(whole: string, { from, to, text }: Splice): string {
  return whole.slice(0, from) + text + whole.slice(to);
}

/** The end of the line on which what ends at an offset has its last character. */
function endOfLine(text: string, offset: number): number {
  const last = text.slice(0, offset).trimEnd().length;
  const end = text.indexOf("\n", last);
  return end < 0 ? text.trimEnd().length : end;
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf("\n", offset - 1) + 1);
}

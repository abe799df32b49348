import { bug } from "../bug.ts";
import { isJsonArray, type JsonValue } from "./json.ts";

/**
 * Renders a value as canonical JSON (RFC 8785): members sorted by UTF-16 code units, numbers and strings as
 * ECMAScript writes them, no white space. Half a surrogate pair, which a JSON reader here never lets in, stays an escape.
 */
export function renderCanonicalJson(value: JsonValue): string {
  if (typeof value === "number" && !Number.isFinite(value)) return bug("JSON has no infinite number");
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isJsonArray(value)) return `[${value.map(renderCanonicalJson).join(",")}]`;
  const members: string[] = [];
  // oxlint-disable-next-line unicorn/no-array-sort -- the array is our own
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${renderCanonicalJson(member)}`);
  }
  return `{${members.join(",")}}`;
}

/**
 * True when `text`, of which `value` was read, is the canonical rendering of it. Where every object has its members in
 * order, which is usual, the rendering of the engine decides, in a third of the time.
 */
export function isCanonicalJson(value: JsonValue, text: string): boolean {
  return (isSorted(value) && JSON.stringify(value) === text) || renderCanonicalJson(value) === text;
}

function isSorted(value: JsonValue): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (isJsonArray(value)) return value.every(isSorted);
  let before = "";
  for (const name of Object.keys(value)) {
    if (name < before) return false;
    before = name;
    const member = value[name];
    if (member !== undefined && !isSorted(member)) return false;
  }
  return true;
}

import type { JsonObject, JsonValue } from "../../json/json.ts";
import { renderRfc3339, parseUnixMs } from "../../time.ts";
import type { Tuple } from "../decide/tuple.ts";
import { isOpaque } from "../form/dimension.ts";
import type { GateEscape } from "../finding.ts";
import type { OpaqueText } from "../form/system.ts";
import type { Point } from "../form/zone.ts";

export type OpaqueTexts = ReadonlyMap<string, OpaqueText>;

/** A tuple as a report has it. What may be anything is `any`; nothing is invented (change-gate chapter §2.2). */
export function showTuple({ place, evidence }: Tuple, opaque: OpaqueTexts): JsonObject {
  const symbolic = [place, ...evidence].flatMap((point) => symbolicOf(point, opaque));
  return {
    image: valueOf(place, "image"),
    namespace: valueOf(place, "namespace"),
    time: valueOf(place, "time"),
    ...groupsOf(place, ["image", "namespace", "time"]),
    evidence: evidence.map((piece) => groupsOf(piece, [])),
    ...(symbolic.length > 0 && { symbolic: symbolic.join("; ") }),
  };
}

function valueOf(point: Point, dimension: string): string {
  const value = point.get(dimension);
  if (value === undefined) return "any";
  const at = typeof value === "number" ? parseUnixMs(value) : undefined;
  return at === undefined ? String(value) : renderRfc3339(at);
}

/** Members by dimension; `nsLabel:a` is member `a` of `nsLabel`. Absent labels say nothing. */
function groupsOf(point: Point, without: readonly string[]): JsonObject {
  const members: Record<string, JsonValue> = {};
  const groups: Record<string, Record<string, JsonValue>> = {};
  for (const dimension of [...point.keys()].toSorted()) {
    if (without.includes(dimension) || isOpaque(dimension)) continue;
    const value = point.get(dimension) ?? "";
    const colon = dimension.indexOf(":");
    if (colon < 0) members[dimension] = valueOf(point, dimension);
    else if (value !== "") {
      const group = GROUPS.get(dimension.slice(0, colon)) ?? dimension.slice(0, colon);
      groups[group] = { ...groups[group], [dimension.slice(colon + 1)]: shownMember(value) };
    }
  }
  return { ...members, ...groups };
}

const GROUPS: ReadonlyMap<string, string> = new Map([
  ["nsLabel", "nsLabels"],
  ["label", "labels"],
]);

function shownMember(value: string | number): JsonValue {
  if (value === "true" || value === "false") return value === "true";
  return typeof value === "string" && value.startsWith("=") ? value.slice(1) : value;
}

const SYMBOL_CHARACTERS = 200;

/** What nobody evaluates here, and the witness takes to hold or not. */
function symbolicOf(point: Point, opaque: OpaqueTexts): readonly string[] {
  return [...point].flatMap(([dimension, value]) => {
    if (!isOpaque(dimension)) return [];
    const known = opaque.get(dimension);
    const text = known ? `${known.kind}:${known.text}` : dimension;
    const subject = point.get("kind") === "attestation" ? "attestation " : "";
    return [`${subject}${value === "true" ? "meets" : "fails"} predicate ${text.slice(0, SYMBOL_CHARACTERS)}`];
  });
}

/** Characters that do not show as themselves, or not as what they are. */
const SPECIAL = /[^ -~]/gu;

/** The characters of a witness that are shown as escapes, each once. */
export function escapesOf(witness: JsonObject): readonly GateEscape[] {
  const found = new Set([...JSON.stringify(witness).matchAll(SPECIAL)].map(([char]) => char));
  for (const [, hex = ""] of JSON.stringify(witness).matchAll(/\\u([0-9a-f]{4})/g)) {
    found.add(String.fromCodePoint(Number.parseInt(hex, 16)));
  }
  return [...found].toSorted().map((char) => {
    const hex = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    return { shown: `\\u{${hex}}`, codePoint: `U+${hex}` };
  });
}

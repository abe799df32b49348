import type { JsonValue } from "../../../json/json.ts";
import { readJsonText } from "../../../json/read-json.ts";
import type { Condition, Scalar } from "../../trust-policy.ts";

/**
 * The part of Rego that conditions are written in: one line for each, all of which have to be true. Not in CUE: there
 * policy-controller validates what the statement and the policy are together, so that a field which is missing in the
 * statement is filled in from the policy, and passes (cosign `pkg/policy/eval.go`).
 */
const HEAD = "package sigstore\n\ndefault isCompliant = false\n\nisCompliant {\n";
const FOOT = "}\n";

/** Conditions as a module; `undefined` where one cannot be said. */
export function renderRego(where: readonly Condition[]): string | undefined {
  const lines = where.map((condition) => renderLine(condition));
  return lines.includes(undefined) ? undefined : `${HEAD}${lines.map((line) => `  ${line}\n`).join("")}${FOOT}`;
}

/** Of a place in a list: a number there is no name of a member. */
const INDEX = /^(?:0|[1-9][0-9]*)$/;

/** The engine passes on the predicate, and of what is beside it only what every statement has. */
function renderLine({ at, every, test }: Condition): string | undefined {
  if (every || at[0] !== "predicate" || at.some((name) => name === "*" || INDEX.test(name))) return undefined;
  return renderTest(`input${at.map((name) => `[${JSON.stringify(name)}]`).join("")}`, test);
}

function renderTest(place: string, test: Condition["test"]): string | undefined {
  switch (test.kind) {
    case "is":
      return `${place} == ${JSON.stringify(test.value)}`;
    case "in":
      return test.values.length > 0 ? `count({${place}} & {${listOf(test.values)}}) == 1` : undefined;
    case "matches":
      return `regex.match(${JSON.stringify(test.pattern)}, ${place})`;
    case "exists":
      return `${test.exists ? "" : "not "}${place} == ${place}`;
    // Values of all kinds are in one order there: nothing is less than a number.
    case "max":
      return `is_number(${place}); ${place} <= ${JSON.stringify(test.value)}`;
    case "min":
      return `is_number(${place}); ${place} >= ${JSON.stringify(test.value)}`;
    case "after":
    case "before":
      return undefined;
    default:
      return test satisfies never;
  }
}

function listOf(values: readonly Scalar[]): string {
  return values.map((value) => JSON.stringify(value)).join(", ");
}

/** Reads what `renderRego` writes; `undefined` for any other Rego. */
export function parseRego(text: string): readonly Condition[] | undefined {
  if (!text.startsWith(HEAD) || !text.endsWith(FOOT)) return undefined;
  const lines = text.slice(HEAD.length, -FOOT.length).split("\n");
  if (lines.pop() !== "" || lines.length === 0) return undefined;
  const conditions = lines.map((line) => parseLine(line));
  return conditions.includes(undefined) ? undefined : conditions.flatMap((one) => one ?? []);
}

const TEXT = String.raw`"(?:[^"\\]|\\.)*"`;
const PLACE = String.raw`(input(?:\[${TEXT}\])+)`;
// A text may hold what ends a line elsewhere, but not here: hence the flag.
const LINES: readonly (readonly [RegExp, (rest: string) => Condition["test"] | undefined])[] = [
  [new RegExp(String.raw`^  ${PLACE} == \1()$`, "s"), () => ({ kind: "exists", exists: true })],
  [new RegExp(String.raw`^  not ${PLACE} == \1()$`, "s"), () => ({ kind: "exists", exists: false })],
  [new RegExp(`^  ${PLACE} == (.*)$`, "s"), (rest) => asScalar(rest, (value) => ({ kind: "is", value }))],
  [new RegExp(String.raw`^  count\(\{${PLACE}\} & \{(.*)\}\) == 1$`, "s"), toIn],
  [new RegExp(String.raw`^  regex\.match\((${TEXT}), ${PLACE}\)$`, "s"), toMatches],
  [new RegExp(String.raw`^  is_number\(${PLACE}\); \1 <= (.*)$`, "s"), (rest) => toBound("max", rest)],
  [new RegExp(String.raw`^  is_number\(${PLACE}\); \1 >= (.*)$`, "s"), (rest) => toBound("min", rest)],
];

/** What is written again is the line itself, or it meant something else. */
function parseLine(line: string): Condition | undefined {
  for (const [pattern, read] of LINES) {
    const found = pattern.exec(line);
    if (!found) continue;
    const [, first = "", second = ""] = found;
    const [place, rest] = first.startsWith("input") ? [first, second] : [second, first];
    const at = [...place.matchAll(new RegExp(TEXT, "gs"))].map(([name]) => jsonOf(name));
    const test = read(rest);
    const names = at.filter((name) => typeof name === "string");
    const condition = test && names.length === at.length ? { at: names, every: false, test } : undefined;
    if (condition && `  ${renderLine(condition) ?? ""}` === line) return condition;
  }
  return undefined;
}

function asScalar<T>(text: string, then: (value: Scalar) => T): T | undefined {
  const value = jsonOf(text);
  return value === undefined || (typeof value === "object" && value !== null) ? undefined : then(value);
}

function toIn(text: string): Condition["test"] | undefined {
  const list = jsonOf(`[${text}]`);
  if (!Array.isArray(list)) return undefined;
  const values = list.filter((value): value is Scalar => value === null || typeof value !== "object");
  return values.length === list.length ? { kind: "in", values } : undefined;
}

function toMatches(text: string): Condition["test"] | undefined {
  const pattern = jsonOf(text);
  return typeof pattern === "string" ? { kind: "matches", pattern } : undefined;
}

function toBound(kind: "max" | "min", text: string): Condition["test"] | undefined {
  const value = jsonOf(text);
  return typeof value === "number" ? { kind, value } : undefined;
}

function jsonOf(text: string): JsonValue | undefined {
  const json = readJsonText(text, 4);
  return json.ok ? json.value : undefined;
}

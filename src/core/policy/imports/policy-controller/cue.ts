import type { JsonValue } from "../../../json/json.ts";
import { readJsonText } from "../../../json/read-json.ts";
import type { Condition, Scalar } from "../../trust-policy.ts";

/**
 * The part of CUE that conditions are written in: one line for each, the path with required labels, then what the value
 * has to be. `!` matters: without it a field that is missing would be filled in from the policy, and pass (CUE
 * specification, "Field constraints"; policy-controller unifies the statement with the policy).
 */
export function renderCue(where: readonly Condition[]): string | undefined {
  const lines = where.map((condition) => renderLine(condition));
  return lines.includes(undefined) ? undefined : lines.join("\n");
}

function renderLine({ at, every, test }: Condition): string | undefined {
  const value = renderTest(test);
  if (every || at.length === 0 || at.includes("*") || value === undefined) return undefined;
  return `${at.map((name) => `${JSON.stringify(name)}!: `).join("")}${value}`;
}

function renderTest(test: Condition["test"]): string | undefined {
  switch (test.kind) {
    case "is":
      return JSON.stringify(test.value);
    case "in":
      return test.values.length > 0 ? test.values.map((value) => JSON.stringify(value)).join(" | ") : undefined;
    case "matches":
      return `=~${JSON.stringify(test.pattern)}`;
    case "exists":
      return test.exists ? "_" : undefined;
    case "max":
      return `<=${test.value}`;
    case "min":
      return `>=${test.value}`;
    case "after":
    case "before":
      return undefined;
    default:
      return test satisfies never;
  }
}

/** Reads what `renderCue` writes; `undefined` for any other CUE. */
export function parseCue(text: string): readonly Condition[] | undefined {
  const lines = text.split("\n").filter((line) => line !== "");
  const conditions = lines.map((line) => parseLine(line));
  return conditions.includes(undefined) ? undefined : conditions.flatMap((one) => one ?? []);
}

const LABEL = /^("(?:[^"\\]|\\.)*")!: /;

function parseLine(line: string): Condition | undefined {
  const at: string[] = [];
  let rest = line;
  for (let label = LABEL.exec(rest); label; label = LABEL.exec(rest)) {
    const name = jsonOf(label[1] ?? "");
    if (typeof name !== "string") return undefined;
    at.push(name);
    rest = rest.slice(label[0].length);
  }
  const test = parseTest(rest);
  return test && at.length > 0 && !at.includes("*") ? { at, every: false, test } : undefined;
}

function parseTest(text: string): Condition["test"] | undefined {
  if (text === "_") return { kind: "exists", exists: true };
  if (text.startsWith("=~")) {
    const pattern = jsonOf(text.slice(2));
    return typeof pattern === "string" ? { kind: "matches", pattern } : undefined;
  }
  const [, sign, number] = /^([<>]=)(-?[0-9][0-9.eE+-]*)$/.exec(text) ?? [];
  const bound = number === undefined ? undefined : jsonOf(number);
  if (typeof bound === "number") return { kind: sign === "<=" ? "max" : "min", value: bound };
  const list = jsonOf(
    `[${text.replaceAll(/("(?:[^"\\]|\\.)*")|(\s\|\s)/g, (_, quoted: string | undefined) => quoted ?? ",")}]`,
  );
  if (!Array.isArray(list)) return undefined;
  const values = list.filter((value): value is Scalar => value === null || typeof value !== "object");
  const [value, ...others] = values;
  if (value === undefined || values.length !== list.length) return undefined;
  return others.length === 0 ? { kind: "is", value } : { kind: "in", values };
}

function jsonOf(text: string): JsonValue | undefined {
  const json = readJsonText(text, 4);
  return json.ok ? json.value : undefined;
}

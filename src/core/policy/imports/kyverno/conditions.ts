import type { JsonObject, JsonValue } from "../../../json/json.ts";
import { escapeRegex } from "../../exports/escape-regex.ts";
import type { Condition } from "../../trust-policy.ts";
import { memberAt, objectsAt, strangersOf, textAt } from "../members.ts";

/**
 * Conditions on single texts of a predicate as JMESPath, which Kyverno searches in the predicate. The type is asked for,
 * since its `regex_match` turns numbers into text; nothing of a value may end the expression it stands in.
 */
export function renderConditions(where: readonly Condition[]): readonly JsonObject[] | undefined {
  const all = where.map((condition) => renderCondition(condition));
  return all.includes(undefined) ? undefined : [{ all: all.flatMap((one) => one ?? []) }];
}

function renderCondition({ at, every, test }: Condition): JsonObject | undefined {
  const [first, ...path] = at;
  const pattern = patternOf(test);
  const isSafe = pattern !== undefined && /^[\x20-\x7e]+$/.test(pattern) && !/'|\{\{|\}\}/.test(pattern);
  if (every || first !== "predicate" || path.length === 0 || !isSafe) return undefined;
  if (!path.every((name) => /^[A-Za-z0-9_.-]+$/.test(name))) return undefined;
  const place = path.map((name) => `"${name}"`).join(".");
  return {
    key: `{{ type(${place}) == 'string' && regex_match('${pattern}', ${place}) }}`,
    operator: "Equals",
    value: true,
  };
}

function patternOf(test: Condition["test"]): string | undefined {
  if (test.kind === "matches") return test.pattern;
  const values = test.kind === "is" ? [test.value] : test.kind === "in" ? test.values : [];
  const texts = values.filter((value) => typeof value === "string");
  if (texts.length === 0 || texts.length < values.length) return undefined;
  return `^(?:${texts.map((text) => escapeRegex(text)).join("|")})$`;
}

const KEY = /^\{\{ type\(("[^ ]+")\) == 'string' && regex_match\('([^']+)', ("[^ ]+")\) \}\}$/;

/** Reads what `renderConditions` writes; `undefined` for anything else. */
export function parseConditions(conditions: readonly JsonValue[]): readonly Condition[] | undefined {
  const read = conditions.flatMap((group): readonly (Condition | undefined)[] => {
    const isAll =
      typeof group === "object" &&
      group !== null &&
      memberAt(group, "all") !== undefined &&
      memberAt(group, "any") === undefined;
    return isAll ? objectsAt(group, "all").map((one) => parseCondition(one)) : [undefined];
  });
  return read.includes(undefined) ? undefined : read.flatMap((one) => one ?? []);
}

function parseCondition(condition: JsonObject): Condition | undefined {
  const [, place, pattern, again] = KEY.exec(textAt(condition, "key") ?? "") ?? [];
  const isOurs = strangersOf(condition, ["key", "operator", "value"]).length === 0 && condition["value"] === true;
  if (!isOurs || place === undefined || place !== again || pattern === undefined || condition["operator"] !== "Equals")
    return undefined;
  const at = ["predicate", ...place.slice(1, -1).split('"."')];
  return { at, every: false, test: { kind: "matches", pattern } };
}

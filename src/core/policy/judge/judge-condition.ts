import { unreachable } from "../../bug.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../json/json.ts";
import { parseRfc3339 } from "../../time.ts";
import type { Condition } from "../trust-policy.ts";
import type { MatchesWhole } from "./judge-authority.ts";

/** A longer text than this is no value that anybody meant to match by a pattern. */
const MATCHED_CHARACTERS_MAX = 8192;

/**
 * Whether a statement meets a condition. Where the pointer leads to several places, one of them is enough, or with `every`
 * all of them have to; a place that is not there meets nothing, so an empty list meets no condition either.
 */
export function meetsCondition({ at, every, test }: Condition, statement: JsonValue, matches: MatchesWhole): boolean {
  const places = placesOf(statement, at);
  const found = places.filter((value) => value !== undefined);
  if (test.kind === "exists") return found.length > 0 === test.exists;
  if (every)
    return places.length > 0 && places.every((value) => value !== undefined && meetsTest(test, value, matches));
  return found.some((value) => meetsTest(test, value, matches));
}

/** Every place that the pointer leads to; `undefined` for a way that ends before it. `*` is any element of a list. */
function placesOf(value: JsonValue, tokens: readonly string[]): readonly (JsonValue | undefined)[] {
  let places: readonly (JsonValue | undefined)[] = [value];
  for (const token of tokens) places = places.flatMap((place) => step(place, token));
  return places;
}

function step(place: JsonValue | undefined, token: string): readonly (JsonValue | undefined)[] {
  if (isJsonArray(place)) {
    if (token === "*") return place;
    return [/^(?:0|[1-9]\d{0,8})$/.test(token) ? place[Number(token)] : undefined];
  }
  return [isJsonObject(place) && Object.hasOwn(place, token) ? place[token] : undefined];
}

type Test = Exclude<Condition["test"], { readonly kind: "exists" }>;

function meetsTest(test: Test, value: JsonValue, matches: MatchesWhole): boolean {
  switch (test.kind) {
    case "is":
      return value === test.value;
    case "in":
      return test.values.some((known) => known === value);
    case "matches":
      return isMatched(value, test.pattern, matches);
    case "max":
    case "min":
      return typeof value === "number" && (test.kind === "max" ? value <= test.value : value >= test.value);
    case "after":
    case "before":
      return isOnSide(test, value);
    default:
      return unreachable(test);
  }
}

function isMatched(value: JsonValue, pattern: string, matches: MatchesWhole): boolean {
  return typeof value === "string" && value.length <= MATCHED_CHARACTERS_MAX && matches(pattern, value);
}

function isOnSide(test: Extract<Test, { readonly kind: "after" | "before" }>, value: JsonValue): boolean {
  const at = typeof value === "string" ? parseRfc3339(value) : undefined;
  return at !== undefined && (test.kind === "after" ? at > test.at : at < test.at);
}

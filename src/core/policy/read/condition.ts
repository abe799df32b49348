import { unreachable } from "../../bug.ts";
import { isJsonArray, type JsonValue } from "../../json/json.ts";
import { quote } from "../../json/fields.ts";
import type { Condition, Scalar } from "../trust-policy.ts";
import type { PolicyContext } from "./context.ts";
import type { Field } from "./field.ts";
import { booleanOf, textOf, timeOf } from "./scalars.ts";
import { readPlainPattern } from "./text-rule.ts";

const POINTER_TOKENS_MAX = 32;
const VALUES_MAX = 64;
const TESTS = ["is", "in", "matches", "exists", "max", "min", "after", "before"] as const;
type TestName = (typeof TESTS)[number];

/** Reads one condition on a statement: a pointer and exactly one test (TP405). */
export function readCondition(field: Field, context: PolicyContext): Condition {
  field.only("at", "every", ...TESTS);
  const [name, ...others] = TESTS.filter((test) => field.at(test).present || isNullTest(field, test));
  if (name === undefined || others.length > 0)
    field.problem("TP405", `${field.path} does not have exactly one test`, `One of ${TESTS.join(", ")}.`);
  const every = field.at("every");
  if (every.value === true && name === "exists")
    every.problem("TP405", "exists asks about the place, not about each element");
  return {
    at: readPointer(field.at("at")),
    every: booleanOf(every) === true,
    test: name === undefined ? NEVER : readTest(field.at(name), name, context),
  };
}

/** `is: null` asks for JSON's null; every other test needs an operand. */
function isNullTest(field: Field, test: TestName): boolean {
  return test === "is" && field.at(test).value === null;
}

/** What stands for a test that cannot be read; the set is refused. */
const NEVER: Condition["test"] = { kind: "in", values: [] };

function readTest(field: Field, name: TestName, context: PolicyContext): Condition["test"] {
  switch (name) {
    case "is":
      return { kind: "is", value: readScalar(field) };
    case "in":
      return { kind: "in", values: readValues(field) };
    case "matches":
      return { kind: "matches", pattern: readPlainPattern(field, context) };
    case "exists":
      return typeof field.value === "boolean"
        ? { kind: "exists", exists: field.value }
        : refuse(field, "true or false");
    case "max":
    case "min":
      return typeof field.value === "number" ? { kind: name, value: field.value } : refuse(field, "a number");
    case "after":
    case "before":
      return readBound(field, name);
    default:
      return unreachable(name);
  }
}

function readBound(field: Field, kind: "after" | "before"): Condition["test"] {
  const at = timeOf(field);
  return at === undefined ? NEVER : { kind, at };
}

function refuse(field: Field, what: string): Condition["test"] {
  field.problem("TP405", `${field.path} is not ${what}`);
  return NEVER;
}

function readValues(field: Field): readonly Scalar[] {
  const items = isJsonArray(field.value) ? field.items() : [];
  if (items.length === 0 || items.length > VALUES_MAX)
    field.problem("TP405", `${field.path} is not a list of 1 to ${VALUES_MAX}`);
  return items.slice(0, VALUES_MAX).map((item) => readScalar(item));
}

function readScalar(field: Field): Scalar {
  const { value } = field;
  if (isScalar(value)) return value;
  field.problem("TP405", `${field.path} is not a text, a number, true, false or null`);
  return null;
}

function isScalar(value: JsonValue | undefined): value is Scalar {
  return value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** The reference tokens of a JSON Pointer (RFC 6901 §3, §4). */
function readPointer(field: Field): readonly string[] {
  const text = textOf(field);
  const tokens = text.split("/").slice(1);
  if (text !== "" && (!text.startsWith("/") || /~(?![01])/.test(text) || tokens.length > POINTER_TOKENS_MAX)) {
    field.problem("TP405", `${quote(text)} is not a JSON Pointer`, "As in /predicate/builder/id.");
  }
  return tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

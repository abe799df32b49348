import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Condition } from "../../trust-policy.ts";
import { parseRego, renderRego } from "./rego.ts";

const scalar = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const number = fc.integer();
const tests: fc.Arbitrary<Condition["test"]> = fc.oneof(
  scalar.map((value) => ({ kind: "is", value }) as const),
  fc.array(scalar, { minLength: 1, maxLength: 3 }).map((values) => ({ kind: "in", values }) as const),
  fc.string({ unit: "binary" }).map((pattern) => ({ kind: "matches", pattern }) as const),
  fc.boolean().map((exists) => ({ kind: "exists", exists }) as const),
  number.map((value) => ({ kind: "max", value }) as const),
  number.map((value) => ({ kind: "min", value }) as const),
);
const conditions: fc.Arbitrary<readonly Condition[]> = fc.array(
  fc.record({
    at: fc.array(fc.string({ unit: "binary" }), { maxLength: 3 }).map((path) => ["predicate", ...path]),
    every: fc.constant(false),
    test: tests,
  }),
  { minLength: 1, maxLength: 3 },
);

const at = (...path: readonly string[]): Condition => ({
  at: ["predicate", ...path],
  every: false,
  test: { kind: "is", value: "x" },
});

describe("Rego of conditions", () => {
  test("comes back as what it was written from, or is not written", () => {
    fc.assert(
      fc.property(conditions, (where) => {
        const text = renderRego(where);
        const read = text === undefined ? where : parseRego(text);
        // JSON knows no negative zero.
        expect(JSON.stringify(read)).toBe(JSON.stringify(where));
      }),
    );
  });

  test.each([
    ["a star", at("a", "*")],
    ["a place of a list", at("a", "0")],
    ["a member beside the predicate", { ...at(), at: ["other", "a"] }],
    ["all of several", { ...at("a"), every: true }],
    ["a time", { ...at("a"), test: { kind: "after", at: 0 } } as unknown as Condition],
  ])("is not written for %s", (_, condition) => {
    expect(renderRego([at("a"), condition])).toBeUndefined();
  });

  test.each([
    [
      "another package",
      'package other\n\ndefault isCompliant = false\n\nisCompliant {\n  input["predicate"]["a"] == "x"\n}\n',
    ],
    ["another rule beside it", `${renderRego([at("a")]) ?? ""}isCompliant {\n  true\n}\n`],
    [
      "an expression",
      'package sigstore\n\ndefault isCompliant = false\n\nisCompliant {\n  input["predicate"]["a"] == input["predicate"]["b"]\n}\n',
    ],
    [
      "two in a line",
      'package sigstore\n\ndefault isCompliant = false\n\nisCompliant {\n  input["predicate"]["a"] == "x"; true\n}\n',
    ],
    ["no condition", "package sigstore\n\ndefault isCompliant = false\n\nisCompliant {\n}\n"],
    ["nothing", ""],
  ])("is not read: %s", (_, text) => {
    expect(parseRego(text)).toBeUndefined();
  });
});

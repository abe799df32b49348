import fc from "fast-check";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { re2jsCompiler } from "../../../adapters/re2js/regex-compiler.ts";
import { matchesText } from "../../automata/matches.ts";
import { includes } from "../../automata/includes.ts";
import { shapeOfPattern } from "./pattern-shape.ts";

describe("shapeOfPattern", () => {
  test.each([
    ["^https://a\\.b/x$", { isAnchored: true, prefix: "https://a.b/x", prefixDots: [] }],
    ["^https://a.b/x$", { isAnchored: true, prefix: "https://a.b/x", prefixDots: [9] }],
    ["^https?://a/$", { prefix: "http" }],
    ["^https://a/(?:x|y)$", { isAnchored: true, hasTopAlternation: false, prefix: "https://a/" }],
    ["^a$|^b$", { hasTopAlternation: true, prefix: "" }],
    ["^[|$]a$", { isAnchored: true, hasTopAlternation: false }],
    ["^[]|]a$", { isAnchored: true, hasTopAlternation: false }],
    ["^[^]|]a$", { isAnchored: true, hasTopAlternation: false }],
    ["^[[:alpha:]|]a$", { isAnchored: true, hasTopAlternation: false }],
    ["^a\\|b$", { isAnchored: true, hasTopAlternation: false, prefix: "a|b" }],
    ["^\\Qa|b\\E$", { isAnchored: true, hasTopAlternation: false, prefix: "" }],
    ["^a\\$", { isAnchored: false }],
    ["^a(b$)", { isAnchored: false }],
    ["^a[$]", { isAnchored: false }],
    ["a$", { isAnchored: false, prefix: "" }],
    ["^", { isAnchored: false }],
    ["(?i)^a$", { hasFlags: true }],
    ["^a(?i:b)$", { hasFlags: true }],
    ["^a(?P<n>b)$", { hasFlags: false }],
    ["^ab*$", { prefix: "a" }],
    ["^ab{0}$", { prefix: "a" }],
    ["^a\\db$", { prefix: "a" }],
  ])("%s", (pattern, shape) => {
    expect(shapeOfPattern(pattern)).toMatchObject(shape);
  });

  test("whatever a pattern matches begins with its prefix", () => {
    const piece = fc.constantFrom(
      "a",
      "b",
      "/",
      ":",
      "\\.",
      "(",
      ")",
      "(?:",
      "|",
      "[ab]",
      "[^/]",
      "*",
      "+",
      "?",
      "{0,2}",
      "^",
      "$",
      "\\Qa\\E",
      "\\d",
    );
    const patterns = fc.array(piece, { maxLength: 10 }).map((pieces) => `^${pieces.join("")}$`);
    const holds = fc.property(patterns, (pattern) => {
      const compiled = re2jsCompiler.compile(pattern);
      const { prefix, hasTopAlternation, isAnchored } = shapeOfPattern(pattern);
      if (!compiled.ok || hasTopAlternation || !isAnchored) return true;
      const begins = re2jsCompiler.compile(`^\\Q${prefix}\\E(?s:.)*$`);
      return (
        begins.ok && includes({ left: compiled.value, positive: [begins.value], negative: [] }).kind === "included"
      );
    });
    expect(fc.check(holds, { numRuns: 2000 })).toMatchObject({ failed: false });
  });
});

const fixture = `${process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures"}/admission/identity-matching.json`;
type Case = {
  readonly pattern: string;
  readonly compiles: boolean;
  readonly results?: readonly { readonly san: string; readonly whole: boolean }[];
};

describe.skipIf(!existsSync(fixture))("identity-matching.json", () => {
  const cases: readonly Case[] = existsSync(fixture) ? JSON.parse(readFileSync(fixture, "utf8")).cases : [];

  test.each(cases.map((one) => [one.pattern, one] as const))(
    "%s matches whole texts only",
    (pattern, { compiles, results = [] }) => {
      const compiled = re2jsCompiler.compile(pattern);
      expect(compiled.ok).toBe(compiles);
      for (const { san, whole } of compiled.ok ? results : []) {
        expect([san, re2jsCompiler.matchesWhole(pattern, san)]).toEqual([san, whole]);
        expect([san, compiled.ok && matchesText(compiled.value, san)]).toEqual([san, whole]);
      }
    },
  );
});

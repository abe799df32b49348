import { expect, test } from "vitest";
import { re2jsCompiler } from "../../adapters/re2js/regex-compiler.ts";
import { isFinite } from "./finite.ts";
import { EVERYTHING, exactly, NOTHING, startingWith } from "./program.ts";

const compile = (pattern: string) => {
  const compiled = re2jsCompiler.compile(pattern);
  if (!compiled.ok) throw new Error(compiled.detail);
  return compiled.value;
};

test.each([
  ["a", true],
  ["a|b|", true],
  ["a{0,3}b?", true],
  ["(a|b){2}c", true],
  ["(?:){0,5}", true],
  ["a*", false],
  ["a+b", false],
  ["x(ab)*y", false],
  ["[a-z]{2,}", false],
  ["(a*)*", false],
])("%s is finite: %s", (pattern, expected) => {
  expect(isFinite(compile(pattern))).toBe(expected);
});

test("knows the programs that are not made of patterns", () => {
  expect([exactly("abc"), NOTHING, EVERYTHING, startingWith("a")].map(isFinite)).toEqual([true, true, false, false]);
});

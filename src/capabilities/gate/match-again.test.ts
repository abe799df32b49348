import { expect, test } from "vitest";
import { re2jsCompiler } from "../../adapters/re2js/regex-compiler.ts";
import { exactText, globText, searchText, wholeText, type TextLanguage } from "../../core/gate/form/text-language.ts";
import type { Parsed } from "../../core/parsed.ts";
import { matchAgain } from "./match-again.ts";

const language = (read: Parsed<TextLanguage>): TextLanguage => {
  if (!read.ok) throw new Error(read.detail);
  return read.value;
};

test.each([
  ["an exact text", exactText("a"), "a", "ab"],
  ["a pattern that is searched", language(searchText(re2jsCompiler, "b$")), "ab", "ba"],
  ["a pattern that matches the whole", language(wholeText(re2jsCompiler, "b+")), "bb", "abb"],
  ["a glob", language(globText("kyverno", "a?c*")), "abcd", "ac"],
])("%s", (_, of, inside, outside) => {
  const matches = matchAgain(re2jsCompiler);
  expect([matches(of, inside), matches(of, outside)]).toEqual([true, false]);
});

test("the engine's word counts where it differs from the program's", () => {
  const matches = matchAgain({ matchesWhole: () => true, isFoundIn: () => true });
  expect(matches(language(searchText(re2jsCompiler, "b$")), "x")).toBe(true);
});

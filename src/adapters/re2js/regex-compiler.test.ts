import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchesText } from "../../core/automata/matches.ts";
import { foldOrbit } from "./fold.ts";
import { compileSearching, re2jsCompiler } from "./regex-compiler.ts";

const PATTERNS = [
  "^a|b$",
  "^(a|b)$",
  "(?i)k",
  "^[^/]*/b+$",
  "(?m)^ab$",
  "\\bab\\b",
  "\\Bb",
  "a{2,3}",
  "^.*$",
  "(?s:.)b",
  "",
  "a||b",
  "^x/(a|)$",
  "\\pL",
  "[[:alpha:]]+",
  "^a$|^b$|",
];

describe("compile", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "b", "k", "K", "\u212a", "/", "-", "x", "\n", " "),
    maxLength: 6,
  });

  test.each(PATTERNS)("agrees with re2js's own matcher: %s", (pattern) => {
    const whole = re2jsCompiler.compile(pattern);
    const searched = compileSearching(pattern);
    fc.assert(
      fc.property(text, (subject) => {
        if (!whole.ok || !searched.ok) throw new Error("does not compile");
        expect(matchesText(whole.value, subject)).toBe(re2jsCompiler.matchesWhole(pattern, subject));
        expect(matchesText(searched.value, subject)).toBe(re2jsCompiler.isFoundIn(pattern, subject));
      }),
    );
  });

  test.each([
    ["(", "pattern-syntax"],
    ["a{1001}", "pattern-syntax"],
    ["(?=a)", "pattern-syntax"],
    ["\\1", "pattern-syntax"],
    ["a".repeat(4097), "pattern-costly"],
  ])("refuses %.20s", (pattern, code) => {
    expect(re2jsCompiler.compile(pattern)).toMatchObject({ ok: false, code });
  });
});

test("foldOrbit finds the Kelvin sign, the long s and the three sigmas", () => {
  expect(foldOrbit(0x6b)).toEqual([0x4b, 0x6b, 0x21_2a]);
  expect(foldOrbit(0x53)).toEqual([0x53, 0x73, 0x01_7f]);
  expect(foldOrbit(0x03_c3)).toEqual([0x03_a3, 0x03_c2, 0x03_c3]);
  expect(foldOrbit(0x31)).toEqual([0x31]);
});

test("a folded letter is found by re2js exactly where its orbit says", () => {
  for (const letter of Array.from("abcksi\u00e5\u03c9\u1e9e")) {
    const orbit = new Set(foldOrbit(letter.codePointAt(0) ?? 0));
    for (const rune of [...orbit, 0x131, 0x130, 0x21_2b, 0x21_26, 0x6b, 0x61]) {
      const found = re2jsCompiler.matchesWhole(`(?i)${letter}`, String.fromCodePoint(rune));
      expect([letter, rune, found]).toEqual([letter, rune, orbit.has(rune)]);
    }
  }
});

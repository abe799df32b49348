import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileSearching } from "../../adapters/re2js/regex-compiler.ts";
import { compareLanguages, unionOf } from "./compare.ts";
import { compileGlob } from "./glob.ts";
import { includes } from "./includes.ts";
import { matchesText } from "./matches.ts";
import { exactly, EVERYTHING, NOTHING, type Program } from "./program.ts";

/** Small alphabets for the classes that trip people up: newline, folding, word boundaries, slashes. */
const ALPHABETS = ["ab", "a\n", "k\u212a", "a/*", "a "];
const WORD_LENGTH = 4;

const program = (source: string): Program => {
  const compiled = compileSearching(source);
  if (!compiled.ok) throw new Error(compiled.detail);
  return compiled.value;
};

/** Random patterns: literals, classes, empty branches, repeats, assertions, flags. */
const pattern = (alphabet: string): fc.Arbitrary<string> => {
  const literal = fc.constantFrom(...Array.from(alphabet, (c) => c.replaceAll(/[*/]/g, "\\$&").replace("\\/", "/")));
  return fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      literal,
      fc.constantFrom(".", "(?s:.)", "[^a]", "^", "$", "\\A", "\\z", "\\b", "\\B", "(?m:^)", "(?m:$)", "(?i:k)", ""),
      fc.tuple(tie("node"), tie("node")).map(([a, b]) => a + b),
      fc.tuple(tie("node"), tie("node")).map(([a, b]) => `(?:${a}|${b})`),
      fc.tuple(tie("node"), fc.constantFrom("*", "+", "?", "{1,2}", "{2}")).map(([a, r]) => `(?:${a})${r}`),
    ),
  })).node;
};

const question = fc.constantFrom(...ALPHABETS).chain((alphabet) =>
  fc.record({
    alphabet: fc.constant(alphabet),
    left: pattern(alphabet),
    positive: fc.array(pattern(alphabet), { maxLength: 2 }),
    negative: fc.array(pattern(alphabet), { maxLength: 1 }),
  }),
);

test("includes: agrees with brute force over every short word, and its witness is real and as short as can be", () => {
  fc.assert(
    fc.property(question, ({ alphabet, left, positive, negative }) => {
      const programs = { left: program(left), positive: positive.map(program), negative: negative.map(program) };
      const answer = includes(programs);
      const refutes = (word: string): boolean =>
        matchesText(programs.left, word) &&
        !programs.positive.some((p) => matchesText(p, word)) &&
        programs.negative.every((p) => matchesText(p, word));
      const shortest = words(alphabet).find(refutes);
      expect(answer.kind).not.toBe("stopped");
      expect(shortest !== undefined && answer.kind === "included", `overlooked ${JSON.stringify(shortest)}`).toBe(
        false,
      );
      const witness = answer.kind === "witness" ? answer.text : undefined;
      expect(witness === undefined || refutes(witness), `unreal ${JSON.stringify(witness)}`).toBe(true);
      expect(witness === undefined || shortest === undefined || count(witness) <= count(shortest)).toBe(true);
    }),
    { numRuns: 10 * Number(process.env["RUNS"] ?? 100) },
  );
});

describe("properties", () => {
  const one = pattern("ab").map(program);

  test("every language includes itself, and is included in a union with another", () => {
    fc.assert(
      fc.property(one, one, (a, b) => {
        expect(includes({ left: a, positive: [a], negative: [] }).kind).toBe("included");
        expect(includes({ left: a, positive: [b, a], negative: [] }).kind).toBe("included");
        expect(compareLanguages([a, b], [unionOf([b, a])]).relation).toBe("EQUIVALENT");
      }),
    );
  });

  test("nothing is in everything, and everything is not in nothing", () => {
    expect(includes({ left: NOTHING, positive: [], negative: [] }).kind).toBe("included");
    expect(includes({ left: EVERYTHING, positive: [EVERYTHING], negative: [] }).kind).toBe("included");
    expect(includes({ left: EVERYTHING, positive: [], negative: [] })).toMatchObject({ kind: "witness", text: "" });
    expect(includes({ left: EVERYTHING, positive: [], negative: [EVERYTHING] })).toMatchObject({ text: "" });
  });
});

test("a budget that is used up stops with its reason, at the same step each time", () => {
  const left = program("^(b|a)*a(b|a){12}$");
  const right = program("^(a|b)*a(a|b){12}$");
  for (const [reason, budget] of [
    ["steps", { steps: 5000, pairs: 1e6, rightStates: 1e6 }],
    ["pairs", { steps: 1e9, pairs: 50, rightStates: 1e6 }],
    ["right-states", { steps: 1e9, pairs: 1e6, rightStates: 20 }],
  ] as const) {
    const ask = (): unknown => includes({ left, positive: [right], negative: [], budget });
    expect(ask()).toMatchObject({ kind: "stopped", reason });
    expect(ask()).toEqual(ask());
  }
});

describe("compileGlob", () => {
  test.each([
    ["own", "r.example/a/*", ["r.example/a/b"], ["r.example/a/b/c", "r.example/a/", "r.examplexa/b"].slice(0, 1)],
    ["own", "r.example/a/**", ["r.example/a/b", "r.example/a/b/c"], ["r.example/a", "r.example/a/", "r.example/a//b"]],
    ["pc", "*", ["index.docker.io/library/nginx"], ["nginx", "ghcr.io/o/a"]],
    ["kyverno", "a?c*", ["abc", "abc/d"], ["ac", "abd"]],
  ] as const)("%s %s", (dialect, glob, inside, outside) => {
    const compiled = compileGlob(dialect, glob);
    if (!compiled.ok) throw new Error(compiled.detail);
    expect(inside.filter((text) => !matchesText(compiled.value, text))).toEqual([]);
    expect(outside.filter((text) => matchesText(compiled.value, text))).toEqual([]);
  });

  test.each([
    ["pc", "a?b", "glob-syntax"],
    ["own", "a/**/b", "glob-syntax"],
    ["kyverno", "a".repeat(5000), "pattern-costly"],
  ] as const)("%s refuses %.8s", (dialect, glob, code) => {
    expect(compileGlob(dialect, glob)).toMatchObject({ ok: false, code });
  });
});

test("exactly: the text and no other", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(matchesText(exactly(a), b)).toBe(a === b);
      expect(matchesText(exactly(a), a)).toBe(true);
    }),
  );
});

function words(alphabet: string): readonly string[] {
  const letters = Array.from(alphabet);
  const layers = [[""]];
  for (let i = 0; i < WORD_LENGTH; i++) layers.push((layers[i] ?? []).flatMap((w) => letters.map((l) => w + l)));
  return layers.flat();
}

const count = (text: string): number => Array.from(text).length;

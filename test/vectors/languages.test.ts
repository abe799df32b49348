import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { compileSearching, re2jsCompiler } from "../../src/adapters/re2js/regex-compiler.ts";
import { IMAGE_CHARS } from "../../src/core/automata/alphabet.ts";
import { compareLanguages, unionOf } from "../../src/core/automata/compare.ts";
import { compileGlob } from "../../src/core/automata/glob.ts";
import { matchesText } from "../../src/core/automata/matches.ts";
import { exactly, type Program } from "../../src/core/automata/program.ts";

const FOLDER = join(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "gate");

type Pattern = string | Readonly<Record<string, string>>;
type Case = {
  id: string;
  title: string;
  dialect: string;
  domain?: "image";
  before: Pattern[];
  after: Pattern[];
  alphabet?: string;
  tokens?: string[];
  maxLen?: number;
  expect: { verdict: string; witness?: string; lost?: string };
};

const present = existsSync(FOLDER);
const cases = present ? ["10-regex.yaml", "20-globs.yaml"].flatMap(casesOf) : [];

describe.skipIf(!present)("languages of the gate's cases", () => {
  test.each(cases.filter(({ id }) => id !== "R34"))("$id $title", (c) => {
    const before = c.before.map((pattern) => compile(c.dialect, pattern));
    const after = c.after.map((pattern) => compile(c.dialect, pattern));
    const found = compareLanguages(before, after, c.domain ? { domain: IMAGE_CHARS } : {});
    expect([found.relation, found.witness, found.lost]).toEqual([
      c.expect.verdict,
      c.expect.witness ?? found.witness,
      c.expect.lost ?? found.lost,
    ]);
    expect(found.witness === undefined || separates(found.witness, after, before)).toBe(true);
    expect(found.lost === undefined || separates(found.lost, before, after)).toBe(true);
    crossCheck(c, unionOf(before), unionOf(after), found);
  });

  test("R34: the hostile pair stops inside the budget, and with the same count of steps each time", () => {
    const hostile = cases.find(({ id }) => id === "R34");
    const [before = [], after = []] = [hostile?.before, hostile?.after].map((patterns) =>
      patterns?.map((pattern) => compile("re2-search", pattern)),
    );
    const first = compareLanguages(before, after);
    expect(["EQUIVALENT", "NO_NEW_TRUST", "UNDECIDED"]).toContain(first.relation);
    expect(compareLanguages(before, after).steps).toBe(first.steps);
  });
});

/** Plain matching agrees that the text is in one union and not in the other. */
function separates(text: string, inside: readonly Program[], outside: readonly Program[]): boolean {
  const isIn = (programs: readonly Program[]): boolean => programs.some((program) => matchesText(program, text));
  return isIn(inside) && !isIn(outside);
}

/** Every word over the case's own alphabet: no gained word without a witness as short, and the other way round. */
function crossCheck(
  c: Case,
  before: Program,
  after: Program,
  found: { readonly witness?: string; readonly lost?: string },
): void {
  let gained: string | undefined;
  let lost: string | undefined;
  for (const word of words(c.tokens ?? Array.from(c.alphabet ?? ""), c.maxLen ?? 0)) {
    const was = matchesText(before, word);
    const is = matchesText(after, word);
    if (is && !was) gained ??= word;
    if (was && !is) lost ??= word;
  }
  expect(isOverlooked(gained, found.witness), `brute force gained ${gained}`).toBe(false);
  expect(isOverlooked(lost, found.lost), `brute force lost ${lost}`).toBe(false);
}

/** Brute force knows a text of the difference and the search knows none, or only a longer one. */
function isOverlooked(known: string | undefined, found: string | undefined): boolean {
  return known !== undefined && (found === undefined || length(found) > length(known));
}

const length = (text: string | undefined): number => Array.from(text ?? "").length;

/** Longer layers are cut: the check stays a sample there, and the property test beside the engine looks further. */
const LAYER_MAX = 3000;

function* words(tokens: readonly string[], countMax: number): Generator<string> {
  let layer = [""];
  yield "";
  for (let i = 0; i < countMax; i++) {
    layer = layer.flatMap((word) => tokens.map((token) => word + token)).slice(0, LAYER_MAX);
    yield* layer;
  }
}

function casesOf(file: string): readonly Case[] {
  return (parse(readFileSync(join(FOLDER, file), "utf8")) as { cases: Case[] }).cases;
}

function compile(dialect: string, pattern: Pattern): Program {
  const [kind, text] = typeof pattern === "string" ? [dialect, pattern] : (Object.entries(pattern)[0] ?? ["", ""]);
  const compiled =
    kind === "pc" || kind === "kyverno"
      ? compileGlob(kind, text)
      : kind === "exact"
        ? ({ ok: true, value: exactly(text) } as const)
        : kind === "full" || kind === "re2-full"
          ? re2jsCompiler.compile(text)
          : compileSearching(text);
  if (!compiled.ok) throw new Error(`${text}: ${compiled.detail}`);
  return compiled.value;
}

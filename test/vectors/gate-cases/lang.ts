import { compileSearching, re2jsCompiler } from "../../../src/adapters/re2js/regex-compiler.ts";
import { IMAGE_CHARS } from "../../../src/core/automata/alphabet.ts";
import { compareLanguages, unionOf } from "../../../src/core/automata/compare.ts";
import { compileGlob } from "../../../src/core/automata/glob.ts";
import { matchesText } from "../../../src/core/automata/matches.ts";
import { exactly, type Program } from "../../../src/core/automata/program.ts";
import { resultOf, type CaseResult, type GateCase } from "./gate-case.ts";

type Pattern = string | Readonly<Record<string, string>>;
type LangCase = GateCase & {
  dialect: string;
  domain?: "image";
  before: Pattern[];
  after: Pattern[];
  alphabet?: string;
  tokens?: string[];
  maxLen?: number;
  expect: { verdict: string; witness?: string; lost?: string };
};

/** The case that need not be decided, only stopped: always after the same number of steps. */
const HOSTILE = "R34";

/** Runs a case about string languages: verdict and texts exactly, and every word of the case's alphabet. */
export function runLangCase(given: GateCase): CaseResult {
  const c = given as LangCase;
  const before = c.before.map((pattern) => compile(c.dialect, pattern));
  const after = c.after.map((pattern) => compile(c.dialect, pattern));
  if (c.id === HOSTILE) return runHostile(before, after);
  const found = compareLanguages(before, after, c.domain ? { domain: IMAGE_CHARS } : {});
  const wrong: string[] = [];
  const want = (what: string, is: string | undefined, should: string | undefined): void => {
    if (should !== undefined && is !== should) wrong.push(`${what} is ${is}, not ${should}`);
  };
  want("verdict", found.relation, c.expect.verdict);
  want("witness", found.witness, c.expect.witness);
  want("lost", found.lost, c.expect.lost);
  if (found.witness !== undefined && !separates(found.witness, after, before)) wrong.push("the witness is none");
  if (found.lost !== undefined && !separates(found.lost, before, after)) wrong.push("what is lost is not");
  return resultOf([...wrong, ...crossCheck(c, { before: unionOf(before), after: unionOf(after) }, found)]);
}

function runHostile(before: readonly Program[], after: readonly Program[]): CaseResult {
  const [first, second] = [compareLanguages(before, after), compareLanguages(before, after)];
  const allowed: readonly string[] = ["EQUIVALENT", "NO_NEW_TRUST", "UNDECIDED"];
  return resultOf([
    ...(allowed.includes(first.relation) ? [] : [`verdict is ${first.relation}`]),
    ...(first.steps === second.steps ? [] : [`${first.steps} steps, then ${second.steps}`]),
  ]);
}

/** Plain matching agrees that the text is in one union and not in the other. */
function separates(text: string, inside: readonly Program[], outside: readonly Program[]): boolean {
  const isIn = (programs: readonly Program[]): boolean => programs.some((program) => matchesText(program, text));
  return isIn(inside) && !isIn(outside);
}

/** Every word over the case's own alphabet: no gained word without a witness as short, and the other way round. */
function crossCheck(
  c: LangCase,
  { before, after }: { readonly before: Program; readonly after: Program },
  found: { readonly witness?: string; readonly lost?: string },
): readonly string[] {
  let gained: string | undefined;
  let lost: string | undefined;
  for (const word of words(c.tokens ?? Array.from(c.alphabet ?? ""), c.maxLen ?? 0)) {
    const [was, is] = [matchesText(before, word), matchesText(after, word)];
    if (was === is) continue;
    if (is) gained ??= word;
    else lost ??= word;
  }
  return [
    ...(isOverlooked(gained, found.witness) ? [`brute force gained ${JSON.stringify(gained)}`] : []),
    ...(isOverlooked(lost, found.lost) ? [`brute force lost ${JSON.stringify(lost)}`] : []),
  ];
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

import { describe, expect, test } from "vitest";
import { judgeAnswer, type DrillAnswer } from "./answer.ts";
import { ADMIT, one, pushed, refuse, trial, type Expected } from "./drill-case.ts";
import { instant } from "./good.ts";
import { toCaseResult, toDrillRun, toTrialResult, type TrialResult } from "./run.ts";

const admitted: DrillAnswer = { kind: "admitted", detail: "" };
const refused = (...codes: string[]): DrillAnswer => ({ kind: "refused", codes, detail: "" });
const notRun: DrillAnswer = { kind: "not-run", detail: "not there" };

describe("judgeAnswer", () => {
  test.each<[string, Expected, DrillAnswer, string]>([
    ["what must be admitted and is", ADMIT, admitted, "ok"],
    ["what must be admitted and is refused", ADMIT, refused("signature"), "wrong deny"],
    ["what must be refused and is admitted", refuse("signature"), admitted, "wrong admit"],
    ["the right reason", refuse("signature"), refused("signature", "time-missing"), "ok"],
    ["another right reason", refuse("signature", "statement-type"), refused("statement-type"), "ok"],
    ["the right reason, told second", refuse("signature"), refused("time-missing", "signature"), "wrong reason"],
    ["a verifier without our words", refuse("signature"), refused(), "ok"],
    ["a verifier that is not there", refuse("signature"), notRun, "not-run"],
    ["a verifier that is not there, of what must be admitted", ADMIT, notRun, "not-run"],
  ])("of %s", (_, expected, answer, outcome) => {
    const judged = judgeAnswer(expected, answer);
    expect([judged.outcome, ...("way" in judged ? [judged.way] : [])].join(" ")).toBe(outcome);
  });
});

const result = (name: string, expected: Expected, answer: DrillAnswer): TrialResult =>
  toTrialResult(trial(one(), expected, name), answer, judgeAnswer(expected, answer));
const CASE = pushed("C06", "a case", "drill", [trial(one(), ADMIT)]);

test.each<[string, readonly DrillAnswer[], string]>([
  ["all good", [refused("signature"), refused("signature")], "ok"],
  ["one not run", [refused("signature"), notRun], "not-run"],
  ["one wrong and one not run", [notRun, admitted], "wrong"],
])("toCaseResult · is as good as its worst trial: %s", (_, answers, outcome) => {
  const [first, ...others] = answers.map((answer, i) => result(`${i}`, refuse("signature"), answer));
  if (!first) throw new Error("no trial");
  expect(toCaseResult(CASE, [first, ...others])).toMatchObject({ id: "C06", outcome });
});

describe("toDrillRun", () => {
  const at = instant("2026-11-25T12:00:00Z");
  const bad = toCaseResult(CASE, [result("exact", refuse("signature"), admitted), result("other", ADMIT, notRun)]);
  const good = toCaseResult(CASE, [result("", ADMIT, admitted)]);

  test("counts cases, not trials", () => {
    const run = toDrillRun("cosign", at, [bad, good], new Map());
    expect(run).toMatchObject({ counts: { ok: 1, wrong: 1, "not-run": 0 }, alarms: [], at: "2026-11-25T12:00:00Z" });
  });

  test.each<[string, ReadonlyMap<string, "admit" | "refuse">, readonly string[]]>([
    ["used to be refused", new Map([["C06 exact", "refuse"]]), ["C06 exact"]],
    ["was admitted before", new Map([["C06 exact", "admit"]]), []],
    ["was never run", new Map([["C06 other", "refuse"]]), []],
  ])("raises the alarm where something is admitted that %s", (_, past, alarms) => {
    expect(toDrillRun("cosign", at, [bad], past).alarms).toEqual(alarms);
  });
});

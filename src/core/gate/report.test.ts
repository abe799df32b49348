import { describe, expect, test } from "vitest";
import { renderCanonicalJson } from "../json/canonical.ts";
import { GATE_CODES } from "./codes.ts";
import { toFinding, type GateFinding, type GateFindingDraft } from "./finding.ts";
import { toGateReport } from "./report.ts";
import { exitOfLevels, worstVerdict, type GateExit, type GateLevel, type GateVerdict } from "./verdict.ts";

const DRAFT: GateFindingDraft = {
  code: "GP001",
  level: "error",
  verdict: "LOOSENED",
  tier: "issuable",
  system: "policy-controller@prod",
  message: "now accepts signer b",
  witness: { image: "any", evidence: [{ san: "b" }] },
  where: { revision: "head", file: "p.yaml", line: 3, pointer: "/spec" },
  baseOrigin: "p.yaml#0/spec",
};
const SETTING = {
  base: { oid: "a" },
  head: { oid: "b" },
  engine: { version: "0", re2js: "2.10.0", unicode: "15" },
  evaluatedAt: "2026-11-25T00:00:00Z",
};
const report = (findings: readonly GateFinding[], verdicts: readonly GateVerdict[] = []) =>
  toGateReport(
    [
      {
        systems: verdicts.map((verdict, i) => ({ id: `s${i}`, verdict, reverse: "proven" as const, lost: [] })),
        findings,
        waivers: [],
        notCovered: [],
      },
    ],
    SETTING,
  );

describe("worstVerdict", () => {
  test.each<[GateVerdict[], GateVerdict]>([
    [[], "EQUIVALENT"],
    [["EQUIVALENT", "NARROWED"], "NARROWED"],
    [["NARROWED", "NO_NEW_TRUST"], "NO_NEW_TRUST"],
    [["NO_NEW_TRUST", "UNDECIDED"], "UNDECIDED"],
    [["UNDECIDED", "LOOSENED"], "LOOSENED"],
    [["NARROWED", "LOOSENED"], "INCOMPARABLE"],
    [["INCOMPARABLE", "LOOSENED"], "INCOMPARABLE"],
  ])("of %j is %s", (verdicts, worst) => {
    expect(worstVerdict(verdicts)).toBe(worst);
  });
});

test.each<[GateLevel[], GateExit]>([
  [[], 0],
  [["warning", "note"], 0],
  [["undecided", "note"], 3],
  [["undecided", "error"], 1],
  [["error", "malformed"], 2],
  [["malformed", "tamper"], 5],
])("levels %j end with %i", (levels, exit) => {
  expect(exitOfLevels(levels)).toBe(exit);
});

describe("toFinding", () => {
  test("gives the same id to the same finding, and another when code, system, witness or base origin differ", () => {
    const changes: Partial<GateFindingDraft>[] = [
      {},
      { message: "said otherwise", where: { ...DRAFT.where, line: 9 } },
      { code: "GP002" },
      { system: "kyverno@prod" },
      { witness: { image: "any", evidence: [{ san: "c" }] } },
      { baseOrigin: "q.yaml#0/spec" },
    ];
    const ids = changes.map((change) => toFinding({ ...DRAFT, ...change }).id);
    expect(ids[0]).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(changes.length - 1);
  });

  test("tells two without a witness apart by their place", () => {
    const { witness: _, ...bare } = DRAFT;
    const other = { ...bare, where: { ...bare.where, pointer: "/spec/images" } };
    expect(toFinding(bare).id).not.toBe(toFinding(other).id);
  });
});

describe("toGateReport", () => {
  test("takes the worst verdict, and the exit code of what is not waived", () => {
    const waived = toFinding({ ...DRAFT, waiver: "w" });
    expect(report([], ["EQUIVALENT", "NARROWED"])).toMatchObject({ verdict: "NARROWED", exit: 0 });
    expect(report([toFinding(DRAFT)], ["LOOSENED"])).toMatchObject({ verdict: "LOOSENED", exit: 1 });
    expect(report([waived], ["LOOSENED"])).toMatchObject({ verdict: "LOOSENED", exit: 0 });
  });

  test("says of input that cannot be read that nothing is known", () => {
    const { verdict: _, ...bad } = DRAFT;
    expect(report([toFinding({ ...bad, code: "GP020", level: "malformed" })])).toMatchObject({
      verdict: "UNDECIDED",
      exit: 2,
    });
  });

  test("is plain JSON", () => {
    const made = report([toFinding(DRAFT), toFinding({ ...DRAFT, level: "undecided" })], ["LOOSENED"]);
    expect(JSON.parse(renderCanonicalJson(made))).toEqual(made);
    expect([made.findings.length, made.undecided.length]).toEqual([1, 1]);
  });
});

test("every code has a title", () => {
  for (const [code, title] of Object.entries(GATE_CODES)) expect(`${code} ${title}`).toMatch(/^G[PCIS]\d{3} \S.{5,}/);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GRADES, type JoinKind } from "./correlation.ts";
import { gradeCandidate, isAtLeast, weaker, type GradeFacts } from "./grade.ts";

const KINDS: readonly JoinKind[] = [
  "record",
  "invocation",
  "certificate",
  "credential",
  "claim",
  "audit-body",
  "audit-metadata",
  "results",
  "annotation",
  "window",
];

const facts = (kinds: readonly JoinKind[], change: Partial<GradeFacts> = {}): GradeFacts => ({
  kinds: new Set(kinds),
  identity: "fits",
  time: "fits",
  byController: false,
  runsWithDigest: 1,
  ...change,
});

describe("gradeCandidate", () => {
  test.each<[string, GradeFacts, string]>([
    ["a record", facts(["record"]), "A"],
    ["a certificate that names the run", facts(["certificate"]), "A"],
    ["the controller's invocation id", facts(["invocation"], { byController: true }), "A"],
    ["a step's invocation id with its credential", facts(["invocation", "credential"]), "A"],
    ["a step's invocation id alone", facts(["invocation"]), "A-"],
    ["a credential", facts(["credential"]), "A-"],
    ["a token bound to the pod", facts(["audit-body"]), "A-"],
    ["a token sent to the pod's node", facts(["audit-metadata"]), "A-"],
    ["a claim of the signer", facts(["claim"]), "A-"],
    ["a digest of one run", facts(["results"]), "B"],
    ["a digest of two runs", facts(["results"], { runsWithDigest: 2 }), "C"],
    ["an annotation", facts(["annotation"]), "C"],
    ["time and account", facts(["window"]), "D"],
    ["nothing", facts([]), "none"],
  ])("%s", (_, given, grade) => {
    expect(gradeCandidate(given)).toEqual({ grade, conflicts: [] });
  });

  test.each<[Partial<GradeFacts>, readonly string[]]>([
    [{ identity: "conflict" }, ["correlation-identity-conflict"]],
    [{ time: "conflict" }, ["correlation-time-conflict"]],
    [{ identity: "conflict", time: "conflict" }, ["correlation-identity-conflict", "correlation-time-conflict"]],
    [{ identity: "unknown" }, []],
    [{ time: "unknown" }, []],
  ])("a record with %j is worth C", (change, conflicts) => {
    expect(gradeCandidate(facts(["record"], change))).toEqual({ grade: "C", conflicts });
  });

  test("more evidence never lowers a grade", () => {
    const some = fc.subarray([...KINDS]);
    const state = fc.constantFrom("fits", "conflict", "unknown" as const);
    fc.assert(
      fc.property(
        some,
        some,
        fc.record({ identity: state, time: state, byController: fc.boolean(), runsWithDigest: fc.nat(3) }),
        (a, b, rest) => {
          const change = rest as Partial<GradeFacts>;
          const before = gradeCandidate(facts(a, change)).grade;
          const after = gradeCandidate(facts([...a, ...b], change)).grade;
          expect(isAtLeast(after, before)).toBe(true);
        },
      ),
    );
  });
});

test("weaker picks by the order of the grades", () => {
  const pairs = GRADES.flatMap((a, i) => GRADES.map((b, j) => [weaker(a, b), GRADES[Math.max(i, j)]]));
  expect(pairs.every(([found, expected]) => found === expected)).toBe(true);
});

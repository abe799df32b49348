import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  artifactOf,
  at,
  attestation,
  evidenceOf,
  facts,
  first,
  good,
  ISSUER,
  judgeEvidence,
  judgingOf,
  policyIn,
  sanOf,
  signature,
  SPDX,
} from "../../../../test/setup/image-evidence.ts";
import { fail, pass, unknown } from "../../verdict.ts";
import type { Candidate, ImageEvidence, PlatformEvidence, SignerJudgement } from "./image-evidence.ts";
import type { Requirement } from "../trust-policy.ts";
import { judgeRequirement } from "./judge-requirement.ts";

describe("platforms", () => {
  const every = [{ signature: "builder", on: "everyPlatform" }];
  test("each that is asked for has to be signed", () => {
    const policy = policyIn((spec) => (spec.families[0].platforms = ["linux/amd64", "linux/arm64"]));
    const judged = (...platforms: PlatformEvidence[]) =>
      judgeEvidence(every, { ...evidenceOf([]), platforms }, policy).code;
    expect(judged(on("linux/amd64", [signature()]), on("linux/arm64", [signature()]))).toBe("satisfied");
    expect(judged(on("linux/amd64", [signature()]), on("linux/arm64", []))).toBe("no-signature");
    expect(judged(on("linux/amd64", [signature()]))).toBe("platform-uncovered");
    expect(judged(on("linux/amd64", [signature()]), on("linux/arm64", [signature()]), on("linux/s390x", []))).toBe(
      "satisfied",
    );
    expect(judged(on("linux/amd64", [signature()]), on("linux/arm64", [signature()]), on("linux/arm64", []))).toBe(
      "no-signature",
    );
  });

  test("all that are listed, where the family names none; none listed is none covered", () => {
    const judged = (...platforms: PlatformEvidence[]) => judgeEvidence(every, { ...evidenceOf([]), platforms }).code;
    expect(judged(on("linux/amd64", [signature()]), on("linux/s390x", []))).toBe("no-signature");
    expect(judged()).toBe("platform-uncovered");
    const gap = { code: "registry-unreachable", detail: "" };
    expect(judgeEvidence(every, { ...evidenceOf([]), platformsGap: gap })).toMatchObject({
      code: "registry-unreachable",
      verdict: { state: "unknown" },
    });
  });
});

describe("three values", () => {
  const yes: Requirement = { op: "signature", by: "builder", on: "subject" };
  const no: Requirement = { op: "signature", by: "scanner", on: "subject" };
  const open: Requirement = { op: "attestation", by: "builder", predicateType: SPDX, where: [], on: "subject" };
  /** `yes` passes; `no` has no candidate; `open` has one that the verifier could not decide. */
  const evidence = evidenceOf([signature(), attestation(SPDX, {}, { verdict: unknown("root-stale", "") })]);

  test.each<[string, readonly Requirement[], string, readonly string[]]>([
    ["all: a fail outweighs an unknown", [open, no], "fail", ["no-signature", "root-stale"]],
    ["all: an unknown outweighs a pass", [yes, open], "unknown", ["root-stale"]],
    ["any: a pass outweighs all", [{ op: "any", of: [no, open, yes] }], "pass", []],
    ["any: an unknown outweighs a fail", [{ op: "any", of: [no, open] }], "unknown", ["no-signature", "root-stale"]],
    [
      "atLeast: too few left even with the unknown",
      [{ op: "atLeast", n: 3, of: [yes, open, no] }],
      "fail",
      ["threshold-not-met", "no-signature", "root-stale"],
    ],
    [
      "atLeast: enough if the unknown passed",
      [{ op: "atLeast", n: 2, of: [yes, open, no] }],
      "unknown",
      ["no-signature", "root-stale"],
    ],
    ["atLeast: enough", [{ op: "atLeast", n: 1, of: [yes, open, no] }], "pass", []],
  ])("%s", (_, require, state, codes) => {
    expect(judgeRequirement({ op: "all", of: require }, evidence, judgingOf(policyIn()))).toMatchObject({
      verdict: { state },
      codes,
    });
  });

  test("a registry that does not answer is never told as unsigned", () => {
    const gaps = [{ code: "registry-unreachable", detail: "connect" }];
    const gone: ImageEvidence = { ...evidenceOf([]), subject: { ...artifactOf([]), gaps } };
    expect(judgeEvidence([{ signature: "builder" }], gone)).toMatchObject({
      code: "registry-unreachable",
      verdict: { state: "unknown" },
    });
    const elsewhere: ImageEvidence = {
      ...evidenceOf([]),
      subject: { ...artifactOf([]), gaps: [{ ...first(gaps), source: "notation" }] },
    };
    expect(judgeEvidence([{ signature: "builder" }], elsewhere).code).toBe("no-signature");
  });

  test("no branches are not met", () => {
    const empty: Requirement = { op: "all", of: [] };
    expect(judgeRequirement(empty, evidence, judgingOf(policyIn())).verdict.state).toBe("fail");
  });

  test("more evidence never turns a pass into anything else", () => {
    const judgement = fc.constantFrom<SignerJudgement>(
      good,
      { verdict: fail("signature", ""), signer: facts },
      { verdict: unknown("root-stale", ""), signer: facts },
      { verdict: pass, signer: { ...facts, times: [] } },
      { verdict: pass, signer: { ...facts, identity: { issuer: ISSUER, san: sanOf("a", "b"), sanType: "uri" } } },
      {
        verdict: pass,
        signer: { ...facts, times: [{ at: at("2026-11-29T09:00:00Z"), source: "tsa", by: "private-tsa" }] },
      },
    );
    const says = fc.constantFrom<Candidate["says"]>(
      { kind: "signature" },
      { kind: "attestation", predicateType: SPDX, statement: { predicate: { n: 3 } } },
      { kind: "attestation", predicateType: "https://example.com/x", statement: {} },
      { kind: "unreadable", code: "json-syntax", detail: "" },
    );
    const candidate = fc
      .record({ says, judgement, by: fc.constantFrom("builder", "scanner") })
      .map((of): Candidate => ({ ...signature(of.judgement, of.by), says: of.says }));
    const candidates = fc.array(candidate, { maxLength: 6 });
    const require = fc.letrec<{ node: Requirement; term: Requirement }>((tie) => ({
      term: fc.oneof(
        fc.constantFrom<Requirement>(
          { op: "signature", by: "builder", on: "subject" },
          { op: "signature", by: "scanner", on: "subject" },
        ),
        fc.constant<Requirement>({
          op: "attestation",
          by: "builder",
          predicateType: SPDX,
          where: [{ at: ["predicate", "n"], every: false, test: { kind: "is", value: 3 } }],
          on: "subject",
        }),
      ),
      node: fc.oneof(
        { maxDepth: 3 },
        tie("term"),
        fc.record({ op: fc.constantFrom("all" as const, "any" as const), of: fc.array(tie("node"), { maxLength: 3 }) }),
        fc.record({
          op: fc.constant("atLeast" as const),
          n: fc.integer({ min: 1, max: 3 }),
          of: fc.array(tie("node"), { maxLength: 3 }),
        }),
      ),
    })).node;
    const policy = policyIn(
      (spec) =>
        (spec.families[0].time = {
          windows: [{ days: ["Mon"], from: "06:00", to: "20:00", zone: "UTC" }],
          outside: "deny",
        }),
    );
    const judging = judgingOf(policy);
    const rank = { fail: 0, unknown: 1, pass: 2 };
    const isMonotone = fc.property(require, candidates, candidates, (requirement, some, more) => {
      const before = judgeRequirement(requirement, evidenceOf(some), judging).verdict.state;
      const after = judgeRequirement(requirement, evidenceOf([...more, ...some]), judging).verdict.state;
      return rank[after] >= rank[before];
    });
    expect(fc.check(isMonotone, { numRuns: 2000 })).toMatchObject({ failed: false });
  });
});

function on(platform: string, candidates: readonly Candidate[]): PlatformEvidence {
  return { platform, artifact: artifactOf(candidates) };
}

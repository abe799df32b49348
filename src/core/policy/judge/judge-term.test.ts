import { describe, expect, test } from "vitest";
import {
  at,
  attestation,
  digest,
  evidenceOf,
  facts,
  first,
  good,
  ISSUER,
  judge,
  judgeEvidence,
  policyIn,
  sanOf,
  signature,
  SIGNED,
  SPDX,
} from "../../../../test/setup/image-evidence.ts";
import { addMs } from "../../time.ts";
import { fail, pass } from "../../verdict.ts";
import type { Candidate, SignerFacts } from "./image-evidence.ts";
import type { TrustPolicySet } from "../trust-policy.ts";

describe("a signature term", () => {
  test("passes a good signature of the authority, and says who, when and where", () => {
    const { verdict, code, codes } = judge([{ signature: "builder" }], [signature()]);
    expect({ code, codes }).toEqual({ code: "satisfied", codes: [] });
    expect(verdict).toMatchObject({
      op: "all",
      state: "pass",
      of: [
        { term: "signature by builder", candidates: [{ log: { id: "private-rekor", index: 118 }, signedAt: SIGNED }] },
      ],
    });
  });

  test.each<[string, Partial<SignerFacts>, readonly string[]]>([
    [
      "another namespace",
      { identity: { issuer: ISSUER, san: sanOf("payments-dev", "builder"), sanType: "uri" } },
      ["identity-mismatch"],
    ],
    [
      "a suffix",
      { identity: { issuer: ISSUER, san: sanOf("payments", "builder-evil"), sanType: "uri" } },
      ["identity-mismatch"],
    ],
    [
      "a SAN of another type",
      { identity: { issuer: ISSUER, san: sanOf("payments", "builder"), sanType: "email" } },
      ["identity-mismatch"],
    ],
    [
      "another cluster's issuer",
      { identity: { issuer: "https://oidc.dev.example.com", san: sanOf("payments", "builder"), sanType: "uri" } },
      ["issuer-mismatch"],
    ],
    [
      "a trailing slash of the issuer",
      { identity: { issuer: `${ISSUER}/`, san: sanOf("payments", "builder"), sanType: "uri" } },
      ["issuer-mismatch"],
    ],
    ["no entry", { entries: [] }, ["entry-missing"]],
    ["an entry in another log", { entries: [{ ...first(facts.entries), log: "other" }] }, ["entry-missing"]],
    ["a promise", { entries: [{ ...first(facts.entries), proof: "promise" }] }, ["proof-missing"]],
    ["no witness", { entries: [{ ...first(facts.entries), witnesses: [] }] }, ["witness-quorum"]],
    ["an unknown witness", { entries: [{ ...first(facts.entries), witnesses: ["w3", "w3"] }] }, ["witness-quorum"]],
    ["no time", { times: [] }, ["time-missing"]],
    ["a time of another authority", { times: [{ at: SIGNED, source: "tsa", by: "other" }] }, ["time-missing"]],
    ["a time of the log only", { times: [{ at: SIGNED, source: "log", by: "private-rekor" }] }, ["time-missing"]],
    [
      "times that disagree",
      { times: [...facts.times, { at: addMs(SIGNED, 3_600_001), source: "log", by: "private-rekor" }] },
      ["time-disagree"],
    ],
  ])("fails %s", (_, change, codes) => {
    const judged = judge([{ signature: "builder" }], [signature({ verdict: pass, signer: { ...facts, ...change } })]);
    expect(judged).toMatchObject({ codes, code: codes[0], verdict: { state: "fail" } });
  });

  test("counts logs by operator, and each witness once", () => {
    const two = policyIn((spec) =>
      Object.assign(spec.authorities.builder.sigstore.log, { logs: ["private-rekor", "rekor-v2"], min: 2 }),
    );
    const entry = first(facts.entries);
    expect(judge(undefined, [withEntries([entry, { ...entry, index: 119 }])], two).code).toBe("entry-missing");
    expect(
      judge(undefined, [withEntries([entry, { ...entry, log: "rekor-v2", operator: "theirs" }])], two).codes,
    ).not.toContain("entry-missing");
  });

  test("asks for extensions exactly", () => {
    const policy = policyIn(
      (spec) => (spec.authorities.builder.sigstore.identities[0].extensions = { runnerEnvironment: "github-hosted" }),
    );
    const hosted = signature({ verdict: pass, signer: { ...facts, extensions: { "11": "github-hosted" } } });
    const self = signature({ verdict: pass, signer: { ...facts, extensions: { "11": "self-hosted" } } });
    expect(judge([{ signature: "builder" }], [self], policy).code).toBe("extension-mismatch");
    expect(judge([{ signature: "builder" }], [signature()], policy).code).toBe("extension-mismatch");
    expect(judge([{ signature: "builder" }], [self, hosted], policy).code).toBe("satisfied");
  });

  test.each<[string, readonly Candidate[], string]>([
    ["nothing", [], "no-signature"],
    ["an attestation by the right signer", [attestation(SPDX, {})], "no-signature"],
    ["a signature that is forged", [signature({ verdict: fail("set-signature", "") })], "set-signature"],
    [
      "a forged one with the right name",
      [signature({ verdict: fail("cert-unknown-issuer", ""), signer: facts })],
      "cert-unknown-issuer",
    ],
    [
      "one that cannot be read",
      [{ ...signature(), says: { kind: "unreadable", code: "json-syntax", detail: "" } }],
      "json-syntax",
    ],
    ["one of a format that the authority does not use", [{ ...signature(), source: "notation" }], "no-signature"],
    ["the signature of another authority", [signature(good, "scanner")], "no-signature"],
    [
      "the nearest of several",
      [signature({ verdict: fail("signature", "") }), signature({ verdict: pass, signer: { ...facts, times: [] } })],
      "time-missing",
    ],
  ])("with %s says so", (_, candidates, code) => {
    expect(judge([{ signature: "builder" }], candidates)).toMatchObject({ code, verdict: { state: "fail" } });
  });

  test("a child of a signed index is told apart from an unsigned image", () => {
    const evidence = { ...evidenceOf([]), signedParent: digest("9") };
    expect(judgeEvidence([{ signature: "builder" }], evidence).code).toBe("child-not-signed");
  });

  test("finds one good among forty of others", () => {
    const junk = Array.from({ length: 40 }, () => signature({ verdict: fail("cert-unknown-issuer", "") }));
    expect(judge([{ signature: "builder" }], [...junk, signature()]).code).toBe("satisfied");
  });
});

describe("time rules", () => {
  const weekday = { days: ["Mon", "Tue", "Wed", "Thu", "Fri"], from: "06:00", to: "20:00", zone: "Europe/Zurich" };

  test.each([
    ["2026-11-30T05:00:00Z", "satisfied"],
    ["2026-11-30T04:59:59Z", "window-outside"],
    ["2026-11-29T09:00:00Z", "window-outside"],
    ["2026-11-27T18:59:59Z", "satisfied"],
    ["2026-11-27T19:00:00Z", "window-outside"],
  ])("a window holds at the wall clock of its zone: %s is %s", (when, code) => {
    expect(
      judge([{ signature: "builder" }], [signedAt(when)], timed({ windows: [weekday], outside: "deny" })).code,
    ).toBe(code);
  });

  test("outside a window that only flags, it is admitted and told", () => {
    const policy = timed({ windows: [weekday], outside: "flag" });
    expect(judge([{ signature: "builder" }], [signedAt("2026-11-29T09:00:00Z")], policy)).toMatchObject({
      code: "satisfied",
      flags: ["window-outside"],
    });
    const both = [signedAt("2026-11-29T09:00:00Z"), signedAt("2026-11-30T09:00:00Z")];
    expect(judge([{ signature: "builder" }], both, policy)).toMatchObject({ code: "satisfied", flags: [] });
  });

  test("an age ends a pass, and its end is told", () => {
    const policy = timed({ maxAge: "1d", notBefore: "2026-11-01" });
    expect(judge([{ signature: "builder" }], [signedAt("2026-11-29T12:00:01Z")], policy)).toMatchObject({
      code: "satisfied",
      validUntil: at("2026-11-30T12:00:01Z"),
    });
    expect(judge([{ signature: "builder" }], [signedAt("2026-11-29T12:00:00Z")], policy).code).toBe("age-exceeded");
    expect(judge([{ signature: "builder" }], [signedAt("2026-10-31T23:59:59Z")], policy).codes).toEqual([
      "signed-too-early",
      "age-exceeded",
    ]);
    expect(judge([{ signature: "builder" }], [signedAt("2026-11-30T13:00:01Z")], policy)).toMatchObject({
      code: "clock-unsure",
      verdict: { state: "unknown" },
    });
  });

  test("a name is asked of the payload, where the family says so", () => {
    const policy = policyIn((spec) => (spec.families[0].claims = { reference: "repository" }));
    expect(judge([{ signature: "builder" }], [named("registry.example.com/payments/api:v1")], policy).code).toBe(
      "satisfied",
    );
    expect(judge([{ signature: "builder" }], [named("registry.example.com/payments/other")], policy).code).toBe(
      "payload-reference-mismatch",
    );
    expect(judge([{ signature: "builder" }], [signature()], policy).code).toBe("payload-reference-mismatch");
  });
});

function signedAt(time: string): Candidate {
  return signature({
    verdict: pass,
    signer: { ...facts, times: [{ at: at(time), source: "tsa", by: "private-tsa" }] },
  });
}
function timed(rules: object): TrustPolicySet {
  return policyIn((spec) => (spec.families[0].time = rules));
}

function withEntries(entries: SignerFacts["entries"]): Candidate {
  return signature({ verdict: pass, signer: { ...facts, entries } });
}

function named(reference: string): Candidate {
  return { ...signature(), source: "legacy", says: { kind: "signature", reference } };
}

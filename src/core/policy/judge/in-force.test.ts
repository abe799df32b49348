import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { at, digest, policyIn } from "../../../../test/setup/image-evidence.ts";
import { compileGlob } from "../../automata/glob.ts";
import { matchesText } from "../../automata/matches.ts";
import { bug } from "../../bug.ts";
import { parseImageReference } from "../../image/reference.ts";
import { addMs, type UnixMs } from "../../time.ts";
import { EXCUSABLE_CODES, reasonClassOf } from "../reason-class.ts";
import type { BreakGlass, TrustException, TrustPolicySet } from "../trust-policy.ts";
import {
  admitsUnmatched,
  breakGlassAt,
  enforcementAt,
  exceptionAt,
  selectFamily,
  type ExcusedImage,
} from "./in-force.ts";

const NOW = at("2026-12-01T09:00:00Z");

const EMERGENCY: BreakGlass = {
  name: "bg",
  reason: "registry outage",
  ticket: "INC-1",
  namespaces: ["payments"],
  created: NOW,
  ends: addMs(NOW, 3_600_000),
  requester: "dana",
  approver: "lee",
  approved: true,
};

describe("selectFamily", () => {
  const policy = policyIn();

  test.each([
    ["registry.example.com/payments/api", "payments"],
    ["registry.example.com/payments/a/b/c", "payments"],
    ["registry.example.com/payments/sandbox/x", undefined],
    ["registry.example.com/payments/sandbox/x/y", "payments"],
    ["registry.example.com/payments", undefined],
    ["registry.example.com/payments-dev/api", undefined],
    ["evilregistry.example.com/payments/api", undefined],
    ["registry.example.com:443/payments/api", undefined],
  ])("%s is of family %s", (repository, name) => {
    expect(selectFamily(policy, repository)?.name).toBe(name);
  });

  test("agrees with the automata that families are proven disjoint by", () => {
    const segment = fc.stringMatching(/^[ab*]{1,3}$/).filter((text) => !text.includes("**"));
    const patterns = fc
      .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([segments, deep]) => ["r.example", ...segments, ...(deep ? ["**"] : [])].join("/"));
    const repository = fc
      .array(fc.stringMatching(/^[ab]{1,3}$/), { minLength: 1, maxLength: 4 })
      .map((parts) => ["r.example", ...parts].join("/"));
    const agree = fc.property(patterns, repository, (pattern, name) => {
      const program = compileGlob("own", pattern);
      const [family] = policy.families;
      const selected = selectFamily(
        { families: [{ ...(family ?? bug("no family")), images: [pattern], except: [] }] },
        name,
      );
      return program.ok && matchesText(program.value, name) === (selected !== undefined);
    });
    expect(fc.check(agree, { numRuns: 1000 })).toMatchObject({ failed: false });
  });
});

const references = `${process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures"}/admission/references.json`;
describe.skipIf(!existsSync(references))("references", () => {
  const cases: {
    readonly valid: readonly { readonly in: string; readonly name: string }[];
    readonly invalid: readonly unknown[];
  } = existsSync(references) ? JSON.parse(readFileSync(references, "utf8")) : { valid: [], invalid: [] };

  test("every spelling is of the family of its normal form", () => {
    const [family] = policyIn().families;
    for (const { in: text, name } of cases.valid) {
      const read = parseImageReference(text);
      const only = { families: [{ ...(family ?? bug("no family")), images: [name], except: [] }] };
      expect([text, read.ok && selectFamily(only, read.value.repository)?.name]).toEqual([text, "payments"]);
    }
    expect(cases.valid.length).toBeGreaterThan(10);
  });
});

test("exemptions go first, then the first entry that matches, then the default; an audit ends", () => {
  const policy = policyIn((spec) => {
    const audit = { mode: "audit", owner: "dx", reason: "onboarding", until: "2026-12-02" };
    spec.enforcement = {
      default: { audit: { owner: "all", reason: "first weeks", until: "2026-12-03" } },
      namespaces: [
        { match: ["sandbox-strict"], mode: "enforce" },
        { match: ["sandbox-*"], ...audit },
      ],
      exempt: [{ match: ["kube-*"], owner: "platform", reason: "release payload" }],
    };
  });
  expect(kindAt(policy, "kube-system", "2026-12-09T00:00:00Z")).toBe("exempt");
  expect(kindAt(policy, "sandbox-strict", "2026-12-01T00:00:00Z")).toBe("enforce");
  expect(kindAt(policy, "sandbox-a", "2026-12-01T23:59:59Z")).toBe("audit");
  expect(kindAt(policy, "sandbox-a", "2026-12-02T00:00:00Z")).toBe("enforce");
  expect(kindAt(policy, "xkube-system", "2026-12-02T23:59:59Z")).toBe("audit");
  expect(kindAt(policy, "xkube-system", "2026-12-03T00:00:00Z")).toBe("enforce");
});

test("images of no family are denied, or let in until a time", () => {
  const admit = policyIn((spec) => (spec.default = { admit: { reason: "first weeks", until: "2026-12-02" } }));
  expect(admitsUnmatched(policyIn(), NOW)).toBe(false);
  expect(admitsUnmatched(admit, addMs(at("2026-12-02T00:00:00Z"), -1))).toBe(true);
  expect(admitsUnmatched(admit, at("2026-12-02T00:00:00Z"))).toBe(false);
});

describe("exceptionAt", () => {
  const exception: TrustException = {
    name: "exc-1",
    digests: [digest("a")],
    namespaces: ["payments"],
    clusters: ["prod-1"],
    reasonCodes: ["no-attestation", "predicate-stale"],
    reason: "vendor drop without SBOM",
    ticket: "https://tickets.example.com/1",
    requester: { issuer: "https://idp.example.com", subject: "dana" },
    approver: { issuer: "https://idp.example.com", subject: "lee" },
    notBefore: at("2026-12-01T00:00:00Z"),
    ends: at("2026-12-02T00:00:00Z"),
  };
  const image: ExcusedImage = {
    repository: "registry.example.com/payments/api",
    tag: "v1",
    digest: digest("a"),
    namespace: "payments",
    cluster: "prod-1",
    codes: ["no-attestation"],
  };

  test.each<[string, Partial<ExcusedImage>, Partial<TrustException>, boolean]>([
    ["its own image", {}, {}, true],
    ["two codes that it names", { codes: ["predicate-stale", "no-attestation"] }, {}, true],
    ["one code that it does not name", { codes: ["no-attestation", "no-signature"] }, {}, false],
    ["nothing that failed", { codes: [] }, {}, false],
    ["another digest", { digest: digest("b") }, {}, false],
    ["another namespace", { namespace: "tools" }, {}, false],
    ["another cluster", { cluster: "prod-2" }, {}, false],
    [
      "a forged signature, whatever the record says",
      { codes: ["set-signature"] },
      { reasonCodes: ["set-signature"] },
      false,
    ],
    ["before it begins", {}, { notBefore: addMs(NOW, 1) }, false],
    ["at its end", {}, { ends: NOW }, false],
    ["a repository", {}, { digests: [], repository: image.repository }, true],
    ["a repository with its tag", {}, { digests: [], repository: image.repository, tagPattern: "v*" }, true],
    ["a repository with another tag", {}, { digests: [], repository: image.repository, tagPattern: "v*.1" }, false],
    [
      "a tag where none is known",
      { tag: undefined as never },
      { digests: [], repository: image.repository, tagPattern: "v*" },
      false,
    ],
    ["another repository", {}, { digests: [], repository: `${image.repository}-x` }, false],
  ])("%s", (_, asked, written, isExcused) => {
    const found = exceptionAt([{ ...exception, ...written }], { ...image, ...asked }, NOW);
    expect(found?.name).toBe(isExcused ? "exc-1" : undefined);
  });

  test("two together excuse nothing that neither does", () => {
    const other = { ...exception, name: "exc-2", reasonCodes: ["no-signature"] };
    expect(
      exceptionAt([exception, other], { ...image, codes: ["no-attestation", "no-signature"] }, NOW),
    ).toBeUndefined();
  });
});

test("an emergency needs a second person, its namespace and its time", () => {
  expect(holds({})).toBe(true);
  expect(holds({ namespaces: ["*"] }, "tools")).toBe(true);
  expect(holds({}, "tools")).toBe(false);
  expect(holds({ approved: false })).toBe(false);
  expect(holds({ approver: "dana" })).toBe(false);
  expect(holds({}, "payments", EMERGENCY.ends)).toBe(false);
  expect(holds({}, "payments", addMs(NOW, -1))).toBe(false);
});

test("what can be excused is missing or unexpected, never forged", () => {
  const classes = new Set(EXCUSABLE_CODES.map((code) => reasonClassOf(code)));
  expect(classes).not.toContain(undefined);
  expect(classes).not.toContain("envelope");
  for (const code of [
    "ref-invalid",
    "deny-rule",
    "digest-mismatch",
    "manifest-invalid",
    "policy-rollback",
    "signature",
    "set-signature",
    "inclusion-proof",
    "checkpoint-signature",
    "entry-body-mismatch",
  ]) {
    expect(EXCUSABLE_CODES).not.toContain(code);
    expect(reasonClassOf(code)).toBeDefined();
  }
  expect(reasonClassOf("no-idea")).toBeUndefined();
});

function kindAt(policy: TrustPolicySet, namespace: string, when: string): string {
  return enforcementAt(policy, namespace, at(when)).kind;
}

function holds(change: Partial<BreakGlass>, namespace = "payments", when: UnixMs = NOW): boolean {
  return breakGlassAt([{ ...EMERGENCY, ...change }], namespace, when) !== undefined;
}

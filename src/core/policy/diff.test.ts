import { describe, expect, test } from "vitest";
import { CONTEXT, policyOf, readSet, SAN, type Draft } from "../../../test/setup/policy-set.ts";
import { bug } from "../bug.ts";
import { diffPolicies, type PolicyChange } from "./diff.ts";
import type { TrustPolicySet } from "./trust-policy.ts";

const PATTERN = { pattern: "^https://kubernetes\\.io/namespaces/payments/serviceaccounts/[a-z]+$" };

describe("diffPolicies", () => {
  test("the same, spelled differently, is no difference", () => {
    expect(diff((spec) => (spec.authorities.builder.sigstore.formats = ["legacy", "bundle"]))).toEqual([]);
  });

  test.each<[string, (spec: Draft) => unknown, object]>([
    [
      "more images",
      (spec) => spec.families[0].images.push("registry.example.com/tools/x"),
      { name: "payments", fields: ["images"], relation: "LOOSENED", gained: "registry.example.com/tools/x" },
    ],
    [
      "fewer exceptions",
      (spec) => (spec.families[0].except = []),
      { relation: "LOOSENED", gained: "registry.example.com/payments/sandbox/a" },
    ],
    [
      "fewer images",
      (spec) => ((spec.families[0].images = ["registry.example.com/payments/*"]), (spec.families[0].except = [])),
      { relation: "NARROWED", lost: "registry.example.com/payments/a/a" },
    ],
    [
      "other images",
      (spec) => ((spec.families[0].images = ["registry.example.com/*/api"]), (spec.families[0].except = [])),
      { relation: "INCOMPARABLE" },
    ],
    ["another requirement", (spec) => spec.families[0].require.pop(), { what: "family", fields: ["require"] }],
    [
      "a pattern for a name",
      (spec) => (spec.authorities.builder.sigstore.identities[0].san = { uri: PATTERN }),
      {
        what: "authority",
        name: "builder",
        fields: ["identities"],
        relation: "LOOSENED",
        gained: `${SAN.replace("builder", "a")} @ https://oidc.prod-1.example.com`,
      },
    ],
    [
      "another issuer",
      (spec) => (spec.authorities.builder.sigstore.identities[0].issuer = "https://other.example.com"),
      { relation: "INCOMPARABLE" },
    ],
    [
      "one extension more",
      (spec) => (spec.authorities.builder.sigstore.identities[0].extensions = { runnerEnvironment: "x" }),
      { relation: "NARROWED" },
    ],
    [
      "the same identity twice",
      (spec) => spec.authorities.builder.sigstore.identities.push(spec.authorities.builder.sigstore.identities[0]),
      { relation: "EQUIVALENT" },
    ],
    [
      "a smaller quorum",
      (spec) => (spec.authorities.builder.sigstore.log.witnesses = undefined),
      { what: "authority", fields: ["log"] },
    ],
    ["another revision", (spec) => (spec.revision = 9), { what: "setting", name: "revision" }],
    [
      "a family more",
      (spec) =>
        spec.families.push({
          name: "tools",
          images: ["registry.example.com/tools"],
          require: [{ signature: "builder" }],
        }),
      { what: "family", name: "tools", change: "added", fields: [] },
    ],
  ])("%s", (_, change, expected) => {
    expect(diff(change)).toEqual([expect.objectContaining(expected)]);
  });

  test("a loosening read backwards is a narrowing", () => {
    const [loose] = diff(
      (spec) => (spec.authorities.builder.sigstore.identities[0].san = { uri: PATTERN }),
      "backwards",
    );
    expect(loose).toMatchObject({ relation: "NARROWED" });
  });
});

function diff(change: (spec: Draft) => unknown, way?: "backwards"): readonly PolicyChange[] {
  const [a, b] = [policyIn(() => undefined), policyIn(change)];
  return way ? diffPolicies(b, a, CONTEXT.patterns) : diffPolicies(a, b, CONTEXT.patterns);
}

function policyIn(change: (spec: Draft) => unknown): TrustPolicySet {
  const { documents, problems } = readSet([policyOf((spec) => void change(spec))]);
  return documents?.policy ?? bug(JSON.stringify(problems));
}

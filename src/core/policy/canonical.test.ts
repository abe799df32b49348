import fc from "fast-check";
import { expect, test } from "vitest";
import { POLICY, policyOf, readSet, type Draft } from "../../../test/setup/policy-set.ts";
import { bug } from "../bug.ts";
import { familyHash, policyHash, renderCanonicalPolicy } from "./canonical.ts";
import type { TrustPolicySet } from "./trust-policy.ts";

const more = (spec: Draft): void => {
  spec.families.push({ name: "tools", images: ["registry.example.com/tools"], require: [{ signature: "scanner" }] });
};

test("spelling does not change the hash: defaults written out, sugar expanded, sets in another order", () => {
  const spelled = policyOf((spec) => {
    Object.assign(spec, { default: "deny", pin: "mutate", enforcement: { default: "enforce" } });
    spec.authorities = Object.fromEntries(Object.entries(spec.authorities).toReversed());
    spec.authorities.builder.sigstore.formats = ["legacy", "bundle"];
    spec.authorities.builder.sigstore.log.witnesses.of = ["w2", "w1"];
    spec.authorities.scanner.sigstore.identities = [
      {
        issuer: "https://oidc.prod-1.example.com",
        san: { uri: "https://kubernetes.io/namespaces/scan/serviceaccounts/trivy" },
      },
    ];
    spec.families[0].require[1].attestation.type = "https://cosign.sigstore.dev/attestation/vuln/v1";
  });
  expect(renderCanonicalPolicy(policyIn(spelled))).toBe(renderCanonicalPolicy(policyIn(POLICY)));
  expect(policyHash(policyIn(spelled))).toMatch(/^[0-9a-f]{64}$/);
});

test.each<[string, (spec: Draft) => void]>([
  ["a revision", (spec) => (spec.revision = 4)],
  ["an issuer", (spec) => (spec.authorities.builder.sigstore.identities[0].issuer = "https://other.example.com")],
  [
    "the type of a SAN",
    (spec) =>
      (spec.authorities.builder.sigstore.identities[0] = { issuer: "https://x.example.com", san: { other: "n" } }),
  ],
  ["a quorum", (spec) => (spec.authorities.builder.sigstore.log.witnesses.quorum = 2)],
  ["a condition", (spec) => (spec.families[0].require[1].attestation.where[0].is = "1")],
  ["a window", (spec) => (spec.families[0].time.windows[0].days = ["Tue"])],
  ["where a term looks", (spec) => (spec.families[0].require[0].on = "everyPlatform")],
  ["a limit", (spec) => (spec.limits = { candidates: 10 })],
])("%s changes the hash", (_, change) => {
  expect(policyHash(policyIn(policyOf(change)))).not.toBe(policyHash(policyIn(POLICY)));
});

test("a family's hash changes with what it reaches, and with nothing else", () => {
  const [payments, tools] = hashes(policyOf(more));
  expect(hashes(POLICY)[0]).toBe(payments);
  const moved = policyOf((spec) => {
    more(spec);
    spec.authorities.builder.sigstore.log.witnesses.quorum = 2;
  });
  expect(hashes(moved)).toEqual([expect.not.stringMatching(payments ?? "-"), tools]);
});

test("the order of families does not matter, nor that of members", () => {
  const order = fc.shuffledSubarray(["a", "b", "c", "d"], { minLength: 4 });
  const expected = policyHash(named(["a", "b", "c", "d"]));
  const holds = fc.property(order, (names) => policyHash(named(names)) === expected);
  expect(fc.check(holds, { numRuns: 12 })).toMatchObject({ failed: false });
});

function hashes(document: unknown): readonly string[] {
  const policy = policyIn(document);
  return policy.families.map((family) => familyHash(policy, family));
}

function named(names: readonly string[]): TrustPolicySet {
  return policyIn(
    policyOf((spec) => {
      spec.families = names.map((name) => ({
        ...spec.families[0],
        name,
        images: [`registry.example.com/payments/${name}`],
        except: [],
      }));
    }),
  );
}

function policyIn(document: unknown): TrustPolicySet {
  const { documents, problems } = readSet([document]);
  return documents?.policy ?? bug(JSON.stringify(problems));
}

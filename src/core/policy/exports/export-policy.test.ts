import { describe, expect, test } from "vitest";
import { EXCHANGE, KEYS } from "../../../../test/setup/exchange-world.ts";
import { EXPORTS } from "../exports.ts";
import { ALWAYS_FROM, ALWAYS_TO } from "../read/authority.ts";
import type { Condition, Requirement, TrustPolicySet } from "../trust-policy.ts";

const BUILDER: Condition = { at: ["predicate", "builder"], every: false, test: { kind: "is", value: "tekton" } };
const LEVEL: Condition = { at: ["predicate", "level"], every: false, test: { kind: "exists", exists: false } };

function policyOf(require: Requirement, images: readonly string[] = ["h.example/a/**"]): TrustPolicySet {
  const family = { name: "a", images, except: [], require, platforms: [], reference: "ignore" } as const;
  return {
    name: "p",
    unmatched: { kind: "deny" },
    pin: "mutate",
    enforcement: { byDefault: { kind: "enforce" }, namespaces: [], exempt: [] },
    families: [{ ...family, time: { windows: [], outside: "flag" } }],
    authorities: {
      key: {
        kind: "key",
        publicKey: KEYS["vendor-1"],
        reason: "x",
        formats: ["bundle", "legacy"],
        validity: { from: ALWAYS_FROM, to: ALWAYS_TO },
      },
    },
    limits: {},
  };
}

const attestation = (...where: readonly Condition[]): Requirement => ({
  op: "attestation",
  by: "key",
  predicateType: "https://slsa.dev/provenance/v1",
  where,
  on: "subject",
});
const SIGNATURE: Requirement = { op: "signature", by: "key", on: "subject" };

function exported(id: string, policy: TrustPolicySet, ...accepted: readonly string[]) {
  const made = EXPORTS.find((format) => format.id === id)?.export(policy, new Set(accepted), EXCHANGE);
  return { ...made, losses: made?.losses.map((loss) => `${loss.id} ${loss.kind}`) };
}

describe("exportPolicy", () => {
  test("tells a check that is dropped, beside one of the same authority that is only narrower", () => {
    const both = policyOf({ op: "all", of: [attestation(BUILDER), attestation(LEVEL)] });
    for (const order of [both, policyOf({ op: "all", of: [attestation(LEVEL), attestation(BUILDER)] })]) {
      expect(exported("kyverno", order).refused).toEqual(["a"]);
      expect(exported("kyverno", order).losses).toEqual(
        expect.arrayContaining(["a/where/key dropped", "a/where/key-every narrowed"]),
      );
    }
  });

  test("writes conditions in Rego: in CUE a field that is missing would be filled in from the policy", () => {
    const { documents } = exported("policy-controller", policyOf(attestation(BUILDER, LEVEL)));
    const text = JSON.stringify(documents);
    expect(text).toContain('"type":"rego"');
    expect(text).toContain(JSON.stringify('  input["predicate"]["builder"] == "tekton"\n').slice(1, -1));
    expect(text).toContain(
      JSON.stringify('  not input["predicate"]["level"] == input["predicate"]["level"]\n').slice(1, -1),
    );
  });

  test("writes what one accepted loss widens, and nothing that hides behind it", () => {
    const policy = policyOf(SIGNATURE);
    expect(exported("containers-policy", policy).refused).toEqual(["a"]);
    const { refused, documents } = exported("containers-policy", policy, "a/images/h.example/a");
    expect(refused).toEqual([]);
    expect(Object.keys(documents?.[0]?.value["transports"] as object)).toEqual(["docker"]);
    const other = policyOf({ op: "all", of: [SIGNATURE, attestation()] });
    expect(exported("containers-policy", other, "a/images/h.example/a").refused).toEqual(["a"]);
  });

  test("refuses every family whose every clause would be gone, whatever was accepted", () => {
    const accepted = ["a/require/clause-1", "a/images/all", "a/images/dropped", "a/images/h.example/a"];
    for (const id of ["openshift", "containers-policy", "notation"]) {
      expect(exported(id, policyOf(attestation()), ...accepted).refused).toEqual(["a"]);
    }
  });

  test("takes away what a star has too much of in Kyverno", () => {
    const { documents } = exported("kyverno", policyOf(SIGNATURE, ["h.example/a/*"]));
    const text = JSON.stringify(documents);
    expect(text).toContain('"imageReferences":["h.example/a/*"],"skipImageReferences":["h.example/a/*/*"]');
    expect(text).toContain('"imageReferences":["h.example/a/*/*"]');
    expect(text).toContain('"imageReferences":["*"],"skipImageReferences":["h.example/a/*"]');
  });
});

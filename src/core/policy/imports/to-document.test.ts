import fc from "fast-check";
import { expect, test } from "vitest";
import { policies } from "../../../../test/setup/exchange-policies.ts";
import { CONTEXT, readSet } from "../../../../test/setup/policy-set.ts";
import { familyHash } from "../canonical.ts";
import { toCnf, toRequirement } from "../cnf.ts";
import type { PolicyContext } from "../read/context.ts";
import type { TrustPolicySet } from "../trust-policy.ts";
import { toPolicyDocument } from "./to-document.ts";

const { now, purpose, patterns, isTimeZone } = CONTEXT;
const NOTHING_KNOWN: PolicyContext = { now, purpose, patterns, isTimeZone, clusters: {} };

test("toPolicyDocument writes what is read again as the same families", () => {
  const hashes: string[] = [];
  fc.assert(
    fc.property(policies.map(withReasons), (policy) => {
      // Extensions, ages, platforms and time rules are in no engine, and in no import.
      fc.pre(!/github-hosted|maxAgeMs|everyPlatform|either/.test(JSON.stringify(policy)));
      const read = readSet([toPolicyDocument(policy)], NOTHING_KNOWN).documents?.policy;
      // Thresholds over one signer, and statements by Notation, are refused by the reader.
      const found = read ? hashesOf(read) : hashesOf(policy);
      hashes.push(...(read ? found : []));
      expect(found).toEqual(hashesOf(policy));
    }),
  );
  expect(hashes.length).toBeGreaterThan(20);
});

function hashesOf(policy: TrustPolicySet): readonly string[] {
  return policy.families.map((family) =>
    familyHash(policy, { ...family, require: toRequirement(toCnf(family.require) ?? []) }),
  );
}

function withReasons(policy: TrustPolicySet): TrustPolicySet {
  const authorities = Object.entries(policy.authorities).map(([name, authority]) => {
    if (authority.kind === "notation" || !authority.log) return [name, authority] as const;
    return [
      name,
      { ...authority, log: { ...authority.log, reason: "the engine takes a promise of the log" } },
    ] as const;
  });
  return { ...policy, authorities: Object.fromEntries(authorities) };
}

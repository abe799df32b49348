import { expect, test } from "vitest";
import { policyOf, signerPolicyOf, type Draft } from "../../../test/setup/policy-set.ts";
import { bug } from "../bug.ts";
import type { Identity } from "../identity/identity.ts";
import { parseRfc3339 } from "../time.ts";
import { judgeSigner, modeAt } from "./judge-signer.ts";
import type { SignerPolicy } from "./signer-policy.ts";

const MONDAY = parseRfc3339("2026-11-30T09:00:00Z") ?? bug("no time");
const repository = "registry.example.com/payments/api";

test("everybody whom a requirement names may sign, and nobody else", () => {
  const policy = signerPolicy(() => undefined);
  const kindOf = (identity: Identity): string => judgeSigner(policy, { repository, identity, at: MONDAY }).kind;
  expect(kindOf(account("payments", "builder"))).toBe("pass");
  expect(kindOf(account("scan", "trivy"))).toBe("pass");
  expect(kindOf(account("payments", "builder-evil"))).toBe("fail");
  expect(kindOf({ ...account("payments", "builder"), sanType: "email" })).toBe("fail");
});

test("a pattern accepts whole texts of its type, and is shown to whom it refuses", () => {
  const policy = signerPolicy((spec) => {
    const pattern = "^https://kubernetes\\.io/namespaces/payments/serviceaccounts/build[a-z]+$";
    spec.authorities.builder.sigstore.identities[0].san = { uri: { pattern } };
  });
  const judge = (identity: Identity) => judgeSigner(policy, { repository, identity, at: MONDAY });
  expect(judge(account("payments", "builder")).kind).toBe("pass");
  const refused = judge({ ...account("payments", "builder"), san: `x${account("payments", "builder").san}` });
  expect(JSON.stringify(refused)).toContain("build[a-z]+");
});

test("modes keep their order, and the default is the last of them", () => {
  const audit = { owner: "dx", reason: "onboarding", until: "2027-01-01" };
  const policy = signerPolicy((spec) => {
    spec.enforcement = {
      default: { audit },
      namespaces: [{ match: ["prod-*"], mode: "enforce" }],
      exempt: [{ match: ["kube-*"], owner: "platform", reason: "release payload" }],
    };
  });
  expect(["kube-system", "prod-eu", "dev"].map((name) => modeAt(policy, name, MONDAY).mode)).toEqual([
    "exempt",
    "enforce",
    "audit",
  ]);
});

function account(namespace: string, name: string): Identity {
  return {
    issuer: "https://oidc.prod-1.example.com",
    san: `https://kubernetes.io/namespaces/${namespace}/serviceaccounts/${name}`,
    sanType: "uri",
  };
}

function signerPolicy(change: (spec: Draft) => void): SignerPolicy {
  return signerPolicyOf([policyOf(change)]);
}

import { describe, expect, test } from "vitest";
import { CONTEXT, signerPolicyOf } from "../../../test/setup/policy-set.ts";
import { parseDigestRef, type DigestRef } from "../digest.ts";
import { toServiceAccountSan, type Identity } from "../identity/identity.ts";
import { parseRfc3339, type UnixMs } from "../time.ts";
import { exceptionsFor, judgeSigner, modeAt } from "./judge-signer.ts";
import type { SignerPolicy } from "./signer-policy.ts";

const at = (text: string): UnixMs => parseRfc3339(text) as UnixMs;
const ISSUER = "https://oidc.prod-eu.example";
const account = (namespace: string, serviceAccount: string): Identity => ({
  issuer: ISSUER,
  san: toServiceAccountSan({ namespace, serviceAccount }),
  sanType: "uri",
});
const DIGEST = parseDigestRef(`sha256:${"a".repeat(64)}`) as DigestRef;

const document = {
  apiVersion: "countersign.dev/v1alpha1",
  kind: "TrustPolicy",
  metadata: { name: "production" },
  spec: {
    default: "deny",
    enforcement: {
      namespaces: [
        { match: ["payments-*"], mode: "audit", owner: "payments", reason: "onboarding", until: "2026-12-01" },
      ],
      exempt: [{ match: ["kube-*"], owner: "platform", reason: "release payload" }],
    },
    authorities: {
      "payments-builder": {
        sigstore: {
          root: "private",
          identities: [{ serviceAccount: { cluster: "prod-eu", namespace: "payments", name: "builder" } }],
        },
      },
      release: {
        sigstore: {
          root: "private",
          identities: [{ issuer: "https://token.example", san: { uri: "https://github.com/x" } }],
        },
      },
    },
    families: [
      {
        name: "payments",
        images: ["registry.example/payments/**"],
        except: ["registry.example/payments/sandbox/**"],
        require: [{ any: [{ signature: "payments-builder" }, { signature: "release" }] }],
        time: {
          windows: [{ days: ["Mon", "Tue", "Wed", "Thu", "Fri"], from: "07:00", to: "19:00", zone: "UTC" }],
          outside: "flag",
        },
      },
    ],
  },
} as const;
const exception = {
  apiVersion: "countersign.dev/v1alpha1",
  kind: "TrustException",
  metadata: { name: "exc-1" },
  spec: {
    scope: {
      digests: [DIGEST],
      namespaces: ["payments-prod"],
      clusters: ["prod-eu"],
      reasonCodes: ["identity-mismatch"],
    },
    reason: "hotfix of the gateway, signed by hand",
    ticket: "https://tickets.example/SEC-1",
    requester: { issuer: "https://idp.example", subject: "u-17" },
    approver: { issuer: "https://idp.example", subject: "u-04" },
    notBefore: "2026-11-10T00:00:00Z",
    ends: "2026-11-20T00:00:00Z",
  },
} as const;

describe("judgeSigner", () => {
  const monday = at("2026-11-23T10:00:00Z");
  const act = { repository: "registry.example/payments/api", identity: account("payments", "builder"), at: monday };

  test("passes the family's identity in its window", () => {
    expect(judgeSigner(policy(), act).kind).toBe("pass");
  });

  test.each([
    ["another account", { identity: account("sandbox", "default") }, ["unexpected-identity"]],
    [
      "the same account of another cluster",
      { identity: { ...act.identity, issuer: "https://oidc.staging.example" } },
      ["unexpected-identity"],
    ],
    ["a Sunday", { at: at("2026-11-22T10:00:00Z") }, ["outside-window"]],
    [
      "both",
      { identity: account("x", "y"), at: at("2026-11-23T19:00:00Z") },
      ["unexpected-identity", "outside-window"],
    ],
    ["a repository of no family", { repository: "registry.example/tools/x" }, ["no-family"]],
    ["an excepted repository", { repository: "registry.example/payments/sandbox/x" }, ["no-family"]],
  ])("fails %s", (_, change, reasons) => {
    const verdict = judgeSigner(policy(), { ...act, ...change });
    expect(verdict.kind === "fail" && verdict.reasons.map(({ reason }) => reason)).toEqual(reasons);
  });
});

test("a namespace is in audit until its time, then enforces", () => {
  expect(modeAt(policy(), "payments-prod", at("2026-11-30T23:59:59Z")).mode).toBe("audit");
  expect(modeAt(policy(), "payments-prod", at("2026-12-01T00:00:00Z")).mode).toBe("enforce");
  expect(modeAt(policy(), "kube-system", at("2026-12-01T00:00:00Z")).mode).toBe("exempt");
  expect(modeAt(policy(), "tools", at("2026-11-01T00:00:00Z")).mode).toBe("enforce");
});

test.each([
  ["2026-11-19T23:59:59Z", "payments-prod", ["active"]],
  ["2026-11-20T00:00:00Z", "payments-prod", ["expired"]],
  ["2026-11-19T00:00:00Z", "payments-staging", []],
])("at %s in %s the exception is %j", (time, namespace, states) => {
  const found = exceptionsFor(policy(), {
    repository: "registry.example/payments/api",
    digest: DIGEST,
    namespace,
    code: "identity-mismatch",
    at: at(time),
  });
  expect(found.map(({ state }) => state)).toEqual(states);
});

function policy(): SignerPolicy {
  const clusters = { "prod-eu": { issuer: ISSUER, issuerType: "kubernetes" as const } };
  return signerPolicyOf([document, exception], { ...CONTEXT, purpose: "load", clusters });
}

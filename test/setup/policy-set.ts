import { re2jsCompiler } from "../../src/adapters/re2js/regex-compiler.ts";
import type { JsonValue } from "../../src/core/json/json.ts";
import { isTimeZone } from "../../src/core/policy/build-window.ts";
import type { SourceDocument } from "../../src/core/policy/problem.ts";
import type { PolicyContext } from "../../src/core/policy/read/context.ts";
import { readPolicySet, type PolicySetReading } from "../../src/core/policy/read/read-set.ts";
import type { SignerPolicy } from "../../src/core/policy/signer-policy.ts";
import { toSignerPolicy } from "../../src/core/policy/to-signer-policy.ts";
import { parseRfc3339, type UnixMs } from "../../src/core/time.ts";

/** What is known while a policy of the tests is read; 1 December 2026, 09:00. */
export const CONTEXT: PolicyContext = {
  now: parseRfc3339("2026-12-01T09:00:00Z") as UnixMs,
  purpose: "check",
  patterns: re2jsCompiler,
  isTimeZone,
  clusters: {
    "prod-1": { issuer: "https://oidc.prod-1.example.com", issuerType: "kubernetes" },
    edge: { issuer: "https://spire.example.com", issuerType: "spiffe", trustDomain: "edge.example.com" },
    dark: { issuer: "https://dark.example.com", issuerType: "spiffe" },
  },
  domains: {
    private: {
      logs: [
        { name: "private-rekor", type: "rekor1" },
        { name: "rekor-v2", type: "rekor2" },
      ],
      tsas: ["private-tsa"],
      hasCtLog: true,
      isPublic: false,
      expires: parseRfc3339("2030-01-01T00:00:00Z") as UnixMs,
    },
    public: {
      logs: [
        { name: "public-rekor-v1", type: "rekor1" },
        { name: "public-rekor-v2", type: "rekor2" },
      ],
      tsas: [],
      hasCtLog: true,
      isPublic: true,
    },
  },
  witnesses: ["w1", "w2", "w3"],
  trustStores: ["partner-ca", "partner-tsa"],
};

export const SAN: string = "https://kubernetes.io/namespaces/payments/serviceaccounts/builder";
/** A policy of three authorities and one family, with most of what a policy can say. */
export const POLICY = {
  apiVersion: "countersign.dev/v1alpha1",
  kind: "TrustPolicy",
  metadata: { name: "production" },
  spec: {
    revision: 3,
    authorities: {
      builder: {
        sigstore: {
          root: "private",
          identities: [{ issuer: "https://oidc.prod-1.example.com", san: { uri: SAN } }],
          log: { logs: ["private-rekor"], witnesses: { of: ["w1", "w2"], quorum: 1 } },
          time: { sources: ["tsa"], tsas: ["private-tsa"] },
        },
      },
      scanner: {
        sigstore: {
          root: "private",
          identities: [{ serviceAccount: { cluster: "prod-1", namespace: "scan", name: "trivy" } }],
        },
      },
      partner: {
        notation: { trustStores: ["partner-ca"], identities: ["x509.subject: C=CH, ST=ZH, O=Partner AG"] },
      },
    },
    families: [
      {
        name: "payments",
        images: ["registry.example.com/payments/**"],
        except: ["registry.example.com/payments/sandbox/*"],
        require: [
          { signature: "builder" },
          { attestation: { by: "scanner", type: "vuln", maxAge: "7d", where: [{ at: "/predicate/x", is: 1 }] } },
          { any: [{ signature: "partner" }, { atLeast: 1, of: [{ signature: "scanner" }] }] },
        ],
        time: { windows: [{ days: ["Mon"], from: "06:00", to: "20:00", zone: "Europe/Zurich" }], maxAge: "24h" },
      },
    ],
  },
} as const;
// oxlint-disable-next-line typescript/no-explicit-any -- a draft is bent out of shape on purpose
export type Draft = any;

/** Reads documents that stand nowhere. */
export function readSet(documents: readonly unknown[], context: PolicyContext = CONTEXT): PolicySetReading {
  return readPolicySet(documents.map(sourceOf), context);
}

/** What detection and the inventory ask of the policy in documents that stand nowhere. */
export function signerPolicyOf(documents: readonly unknown[], context: PolicyContext = CONTEXT): SignerPolicy {
  const read = readSet(documents, context);
  if (!read.documents) throw new Error(JSON.stringify(read.problems));
  return toSignerPolicy(read.documents, context.patterns);
}

/** A document without file. */
export function sourceOf(value: unknown): SourceDocument {
  return { file: "set.yaml", value: value as JsonValue, places: new Map() };
}

/** The policy with its `spec` changed. */
export function policyOf(change: (spec: Draft) => void, name = "production"): Draft {
  const copy: Draft = structuredClone(POLICY);
  copy.metadata.name = name;
  change(copy.spec);
  return copy;
}

import { re2jsCompiler } from "../../src/adapters/re2js/regex-compiler.ts";
import { bug } from "../../src/core/bug.ts";
import type { DigestRef } from "../../src/core/digest.ts";
import type { JsonValue } from "../../src/core/json/json.ts";
import { localTime } from "../../src/core/policy/build-window.ts";
import type {
  ArtifactEvidence,
  Candidate,
  ImageEvidence,
  SignerFacts,
  SignerJudgement,
} from "../../src/core/policy/judge/image-evidence.ts";
import { judgeRequirement, type RequirementJudgement } from "../../src/core/policy/judge/judge-requirement.ts";
import type { Judging } from "../../src/core/policy/judge/judging.ts";
import type { TrustPolicySet } from "../../src/core/policy/trust-policy.ts";
import { parseRfc3339, type UnixMs } from "../../src/core/time.ts";
import { pass } from "../../src/core/verdict.ts";
import { policyOf, readSet, type Draft } from "./policy-set.ts";

/** A Monday, 10:00 in Zurich. */
export const SIGNED: UnixMs = at("2026-11-30T09:00:00Z");
const NOW = at("2026-11-30T12:00:00Z");
export const ISSUER: string = "https://oidc.prod-1.example.com";
export function digest(letter: string): DigestRef {
  return `sha256:${letter.repeat(64)}` as DigestRef;
}
export const SPDX: string = "https://spdx.dev/Document";

/** A good signature of `builder`. */
export const facts: SignerFacts = {
  identity: { issuer: ISSUER, san: sanOf("payments", "builder"), sanType: "uri" },
  extensions: {},
  times: [{ at: SIGNED, source: "tsa", by: "private-tsa" }],
  entries: [{ log: "private-rekor", operator: "ours", index: 118, proof: "inclusion", witnesses: ["w1", "w2"] }],
};
export const good: SignerJudgement = { verdict: pass, signer: facts };
export function signature(judgement: SignerJudgement = good, by = "builder"): Candidate {
  return {
    source: "bundle",
    digest: digest("1"),
    says: { kind: "signature" },
    byAuthority: { [by]: judgement },
  };
}

export function attestation(predicateType: string, statement: JsonValue, judgement: SignerJudgement = good): Candidate {
  return {
    ...signature(judgement),
    says: { kind: "attestation", predicateType, statement },
  };
}

export function judge(
  require: readonly object[] | undefined,
  candidates: readonly Candidate[],
  policy?: TrustPolicySet,
): RequirementJudgement {
  return judgeEvidence(require ?? [{ signature: "builder" }], evidenceOf(candidates), policy);
}

export function judgeEvidence(
  require: readonly object[],
  evidence: ImageEvidence,
  policy: TrustPolicySet = policyIn(),
): RequirementJudgement {
  const { families } = policyIn((spec) => (spec.families[0].require = require));
  return judgeRequirement(first(families).require, evidence, judgingOf(policy));
}

/** The policy of the tests, without time rules unless the change says some. */
export function policyIn(change: (spec: Draft) => unknown = () => undefined): TrustPolicySet {
  const { documents, problems } = readSet([
    policyOf((spec) => {
      spec.families[0].time = {};
      change(spec);
    }),
  ]);
  return documents?.policy ?? bug(JSON.stringify(problems));
}

export function judgingOf(policy: TrustPolicySet): Judging {
  return {
    family: first(policy.families),
    authorities: policy.authorities,
    repository: "registry.example.com/payments/api",
    now: NOW,
    matches: (pattern, text) => re2jsCompiler.matchesWhole(pattern, text),
    clock: localTime,
  };
}

export function evidenceOf(candidates: readonly Candidate[]): ImageEvidence {
  return { subject: artifactOf(candidates), platforms: [] };
}

export function artifactOf(candidates: readonly Candidate[]): ArtifactEvidence {
  return { digest: digest("a"), candidates, gaps: [] };
}

export function sanOf(namespace: string, account: string): string {
  return `https://kubernetes.io/namespaces/${namespace}/serviceaccounts/${account}`;
}

export function at(text: string): UnixMs {
  return parseRfc3339(text) ?? bug(text);
}

export function first<T>([item]: readonly T[]): T {
  return item ?? bug("empty");
}

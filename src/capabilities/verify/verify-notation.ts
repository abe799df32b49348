import type { DigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { isCovering, type JudgedNotation, type NotationContext } from "../../core/notation/judge-notation.ts";
import type { NotationReason } from "../../core/notation/reason.ts";
import type { NotationRules } from "../../core/notation/rules.ts";
import type { SignatureManifestCode } from "../../core/notation/signature-manifest.ts";
import { compileNotationTrust } from "../../core/notation/trust.ts";
import { statementFor } from "../../core/notation/trust-policy-document.ts";
import { any, fail, unknown, type NonEmpty, type Verdict } from "../../core/verdict.ts";
import type { Clock } from "../../ports/clock.ts";
import type { NotationTrustSource } from "../../ports/notation-trust-source.ts";
import type { Registry, RepositoryName } from "../../ports/registry.ts";
import type { RevocationSource } from "../../ports/revocation-source.ts";
import { findNotations, type FoundNotation } from "./find-notations.ts";
import { judgeEnvelope } from "./judge-envelope.ts";

export type NotationPorts = {
  readonly registry: Registry;
  readonly trust: NotationTrustSource;
  readonly revocation: RevocationSource;
  readonly clock: Pick<Clock, "now">;
};

/** `reference` is a tag, which is resolved once, or a digest. */
export type NotationQuestion = { readonly repository: RepositoryName; readonly reference: string };

export type NotationImageReason =
  | NotationReason
  | SignatureManifestCode
  | "image-missing"
  | "no-signature"
  | "notation-no-policy";

/** One signature beside the image, and what was said of it. */
export type JudgedReferrer = { readonly manifest: DigestRef; readonly judged: JudgedNotation };

export type NotationAnswer = {
  readonly verdict: Verdict<NotationImageReason>;
  /** Absent when the registry has no such image. */
  readonly digest?: DigestRef;
  /** The statement that applies. */
  readonly rules?: Pick<NotationRules, "name" | "level">;
  /** Up to the first that passes. */
  readonly judged: readonly JudgedReferrer[];
  readonly warnings: readonly string[];
};

/**
 * Verifies an image by Notary Project signatures in its registry: one good one is enough. A level that does not look at
 * who signed leaves the question open, however good the signature.
 * Faults: those of the registry and of `NotationTrustSource`.
 */
export function verifyNotation(
  ports: NotationPorts,
): (question: NotationQuestion, signal: AbortSignal) => Promise<NotationAnswer> {
  return async ({ repository, reference }, signal) => {
    const rules = statementFor(await ports.trust.policy(signal), repository);
    if (!rules) {
      const verdict = fail("notation-no-policy", `no statement of the trust policy is about ${repository}`);
      return { verdict, judged: [], warnings: [] };
    }
    const image = await ports.registry.manifest(repository, reference, signal);
    if (!image) {
      const verdict = fail("image-missing", `${repository} has no ${reference}`);
      return { verdict, judged: [], warnings: [] };
    }
    const { digest } = image.descriptor;
    const answer = { digest, rules: { name: rules.name, level: rules.level } };
    if (rules.level === "skip") return { ...answer, verdict: uncovered(rules), judged: [], warnings: [] };
    const { certificates, warnings } = await ports.trust.certificates(rules.stores, signal);
    const trust = compileNotationTrust(certificates);
    if (!trust.ok) throw new Fault("notation.store-invalid", trust.detail);
    const context = { artifact: image.descriptor, rules, trust: trust.value, now: ports.clock.now() };
    const found = await judgeReferrers({ ports, repository, context, signal });
    return { ...answer, ...found, warnings };
  };
}

type Search = {
  readonly ports: NotationPorts;
  readonly repository: RepositoryName;
  readonly context: NotationContext;
  readonly signal: AbortSignal;
};
type Said = Verdict<NotationImageReason>;

/** The first that passes ends the search. */
async function judgeReferrers(search: Search): Promise<Pick<NotationAnswer, "verdict" | "judged">> {
  const { ports, repository, context, signal } = search;
  const { digest } = context.artifact;
  const judge = judgeEnvelope(ports.revocation);
  const judged: JudgedReferrer[] = [];
  const verdicts: Said[] = [];
  for await (const found of findNotations(ports.registry, { repository, digest }, signal)) {
    if (found.kind !== "envelope") {
      verdicts.push(toVerdict(found));
      continue;
    }
    const one = await judge(found, context, { signal });
    judged.push({ manifest: found.manifest, judged: one });
    verdicts.push(one.verdict);
    if (one.verdict.kind === "pass") {
      return { verdict: isCovering(context.rules) ? one.verdict : uncovered(context.rules), judged };
    }
  }
  const [first = fail("no-signature", `no Notary Project signature is beside ${digest}`), ...others] = verdicts;
  return { verdict: any<NotationImageReason>([first, ...others] satisfies NonEmpty<Said>), judged };
}

function toVerdict(found: Exclude<FoundNotation, { readonly kind: "envelope" }>): Said {
  return found.kind === "gap" ? unknown(found.missing, found.detail) : fail(found.code, found.detail);
}

function uncovered({ name, level }: NotationRules): Verdict<never> {
  return unknown("not-covered", `statement ${JSON.stringify(name)} of level ${level} does not ask who signed`);
}

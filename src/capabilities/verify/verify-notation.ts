import type { DigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { concludeNotation } from "../../core/notation/conclude-notation.ts";
import { ENVELOPE_BYTES_MAX } from "../../core/notation/envelope.ts";
import {
  isCovering,
  judgeNotation,
  type JudgedNotation,
  type NotationContext,
} from "../../core/notation/judge-notation.ts";
import type { NotationReason } from "../../core/notation/reason.ts";
import type { NotationRules } from "../../core/notation/rules.ts";
import {
  mayBeNotation,
  NOTATION_SIGNATURES_MAX,
  readSignatureManifest,
  type SignatureManifestCode,
} from "../../core/notation/signature-manifest.ts";
import { compileNotationTrust } from "../../core/notation/trust.ts";
import { statementFor } from "../../core/notation/trust-policy-document.ts";
import { any, fail, unknown, type NonEmpty, type Verdict } from "../../core/verdict.ts";
import type { RevocationReply } from "../../core/x509/assess-revocation.ts";
import type { Clock } from "../../ports/clock.ts";
import type { NotationTrustSource } from "../../ports/notation-trust-source.ts";
import type { Descriptor, Registry, RepositoryName } from "../../ports/registry.ts";
import type { RevocationSource } from "../../ports/revocation-source.ts";

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
export type FoundNotation = { readonly manifest: DigestRef; readonly judged: JudgedNotation };

export type NotationAnswer = {
  readonly verdict: Verdict<NotationImageReason>;
  /** Absent when the registry has no such image. */
  readonly digest?: DigestRef;
  /** The statement that applies. */
  readonly rules?: Pick<NotationRules, "name" | "level">;
  /** Up to the first that passes. */
  readonly judged: readonly FoundNotation[];
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

/** One signature at a time, so that memory holds one; the first that passes ends the search. */
async function judgeReferrers(search: Search): Promise<Pick<NotationAnswer, "verdict" | "judged">> {
  const { ports, repository, context, signal } = search;
  const { digest } = context.artifact;
  const listed = (await ports.registry.referrers(repository, digest, signal)).filter(mayBeNotation);
  // Those that say what they are go first: others cannot crowd them out.
  const referrers = listed.toSorted(
    (a, b) => Number(b.artifactType !== undefined) - Number(a.artifactType !== undefined),
  );
  const judged: FoundNotation[] = [];
  const verdicts: Said[] = [];
  for (const referrer of referrers.slice(0, NOTATION_SIGNATURES_MAX)) {
    // oxlint-disable-next-line no-await-in-loop -- see above
    const found = await judgeReferrer(search, referrer);
    if ("judged" in found) judged.push(found);
    const verdict = "judged" in found ? found.judged.verdict : found;
    verdicts.push(...(isOther(verdict) ? [] : [verdict]));
    if (verdict.kind === "pass")
      return { verdict: isCovering(context.rules) ? verdict : uncovered(context.rules), judged };
  }
  const skipped = referrers.length - NOTATION_SIGNATURES_MAX;
  if (skipped > 0) verdicts.push(unknown("too-many-candidates", `${skipped} more signatures are beside ${digest}`));
  const [first = fail("no-signature", `no Notary Project signature is beside ${digest}`), ...others] = verdicts;
  return { verdict: any<NotationImageReason>([first, ...others] satisfies NonEmpty<Said>), judged };
}

/** A referrer that says nothing of its type, and turns out to be of another. */
function isOther(verdict: Said): boolean {
  return verdict.kind === "fail" && verdict.reasons[0].reason === "manifest-type";
}

function uncovered({ name, level }: NotationRules): Verdict<never> {
  return unknown("not-covered", `statement ${JSON.stringify(name)} of level ${level} does not ask who signed`);
}

async function judgeReferrer(search: Search, { digest }: Descriptor): Promise<FoundNotation | Said> {
  const { ports, repository, context, signal } = search;
  const manifest = await ports.registry.manifest(repository, digest, signal);
  if (!manifest) return unknown("manifest", `${digest} is listed and not there`);
  const layer = readSignatureManifest(manifest.bytes, context.artifact.digest);
  if (!layer.ok) return fail(layer.code, `${digest}: ${layer.detail}`);
  const envelope = await orTooLarge(ports.registry.blob(repository, layer.value.digest, ENVELOPE_BYTES_MAX, signal));
  if (envelope === "too-large") return fail("too-large", `the envelope of ${digest}`);
  if (!envelope) return unknown("blob", `${layer.value.digest} is named by ${digest} and not there`);
  const judged = judgeNotation(layer.value.mediaType, envelope, context);
  return { manifest: digest, judged: await withRevocation(search, judged) };
}

/** One thing that is too large must not hide the others; any other fault is the registry's. */
async function orTooLarge<T>(read: Promise<T>): Promise<T | "too-large"> {
  return read.catch((error: unknown) => {
    if (error instanceof Fault && error.id === "registry.too-large") return "too-large" as const;
    throw error;
  });
}

/** Certificates of a chain and of a time stamp's, by the places that one may name. */
const QUESTIONS_MAX = 32;

/** Asks what core asks for, until it can conclude. */
async function withRevocation({ ports, context, signal }: Search, judged: JudgedNotation): Promise<JudgedNotation> {
  const { rules, now } = context;
  const replies: RevocationReply[] = [];
  for (;;) {
    const conclusion = concludeNotation(judged, { rules, replies, now });
    if (conclusion.kind === "judged") {
      ports.revocation.keep(replies, conclusion.kept);
      return conclusion.judged;
    }
    const { question } = conclusion;
    const isEnough = replies.length >= QUESTIONS_MAX;
    // oxlint-disable-next-line no-await-in-loop -- what is asked next depends on what was answered
    replies.push(isEnough ? { question, gap: "too many places to ask" } : await ports.revocation.ask(question, signal));
  }
}

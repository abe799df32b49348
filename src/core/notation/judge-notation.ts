import { unreachable } from "../bug.ts";
import { digestRefOf, type DigestRef } from "../digest.ts";
import { earliest, type UnixMs } from "../time.ts";
import { all, fail, pass, type Finding, type Gap, type NonEmpty, type Verdict } from "../verdict.ts";
import type { Certificate } from "../x509/certificate.ts";
import { renderName } from "../x509/name.ts";
import { judgeSignature } from "./algorithm.ts";
import { COSE_MEDIA_TYPE, JWS_MEDIA_TYPE, type NotationEnvelope } from "./envelope.ts";
import { judgeIdentity } from "./identities.ts";
import { judgeAnchor, judgeChain, readChain, type Chain } from "./judge-chain.ts";
import { judgeTime, type NotationTime } from "./judge-time.ts";
import { judgeTarget, readPayload, type TargetArtifact } from "./payload.ts";
import { readCoseEnvelope } from "./read-cose.ts";
import { readJwsEnvelope } from "./read-jws.ts";
import type { NotationReason } from "./reason.ts";
import type { CheckAction, NotationCheck, NotationRules } from "./rules.ts";
import { anchorsFor, type NotationTrust } from "./trust.ts";

/** What a signature is judged against. */
export type NotationContext = {
  /** The manifest that was resolved: what has to have been signed. */
  readonly artifact: TargetArtifact;
  readonly rules: NotationRules;
  readonly trust: NotationTrust;
  readonly now: UnixMs;
};

export type JudgedCheck = {
  readonly check: NotationCheck;
  readonly action: CheckAction;
  readonly verdict: Verdict<NotationReason>;
};

/** What is proven of a signature; of one that is refused, what it claims. */
export type NotationFacts = {
  readonly format?: "jws" | "cose";
  /** The signer's subject, as RFC 4514 writes it. */
  readonly subject?: string;
  /** SHA-256 of the signer's SubjectPublicKeyInfo. */
  readonly key?: DigestRef;
  readonly target?: TargetArtifact;
  readonly time?: NotationTime;
  readonly expiry?: UnixMs;
};

/** A certificate that may have been revoked, and the one that issued it. */
export type RevocableCertificate = { readonly certificate: Certificate; readonly issuer: Certificate };

/** A signature judged by all that it brings itself. `verdict` combines the enforced checks; failures that are only logged are in `logged`. */
export type JudgedNotation = {
  readonly verdict: Verdict<NotationReason>;
  readonly checks: readonly JudgedCheck[];
  readonly facts: NotationFacts;
  /** What has to be asked about before revocation can be judged. Empty where nothing hangs on it, or nothing is to be asked. */
  readonly revocable: readonly RevocableCertificate[];
  /** When a pass ends by itself: the signer's expiry, certificates held against the present, answers on revocation. */
  readonly until?: UnixMs;
};

/**
 * Judges one signature under the rules of a statement (Notary Project trust-store-trust-policy), except for revocation,
 * which `concludeNotation` adds. Nothing in the envelope leads anywhere before its chain is known to be trusted: no
 * place named by an untrusted certificate is ever asked.
 */
export function judgeNotation(mediaType: string, bytes: Uint8Array, context: NotationContext): JudgedNotation {
  const { rules } = context;
  if (rules.level === "skip") return { verdict: pass, checks: [], facts: {}, revocable: [] };
  const envelope = readEnvelope(mediaType, bytes);
  if (!envelope.ok) return broken(rules, fail(envelope.code, envelope.detail), {});
  const { format, attributes } = envelope.value;
  const facts = { format, ...(attributes.expiry !== undefined && { expiry: attributes.expiry }) };
  const chain = readChain(envelope.value.chain);
  if (!chain.ok) return broken(rules, fail(chain.code, chain.detail), facts);
  const [leaf] = chain.value;
  const named = { ...facts, subject: renderName(leaf.subject), key: digestRefOf(leaf.spki) };
  const payload = readPayload(envelope.value.payload);
  if (!payload.ok) return broken(rules, fail(payload.code, payload.detail), named);
  const whole = { ...named, target: payload.value };
  const integrity = judgeIntegrity(envelope.value, chain.value, { target: payload.value, artifact: context.artifact });
  if (integrity.kind !== "pass") return broken(rules, integrity, whole);
  return judgeTrusted(envelope.value, chain.value, { context, facts: whole });
}

function readEnvelope(mediaType: string, bytes: Uint8Array) {
  if (mediaType === JWS_MEDIA_TYPE) return readJwsEnvelope(bytes);
  if (mediaType === COSE_MEDIA_TYPE) return readCoseEnvelope(bytes);
  const detail = `an envelope of type ${JSON.stringify(mediaType.slice(0, 80))}`;
  return { ok: false, code: "notation-envelope", detail } as const;
}

/** Nothing else can be said of an envelope that does not hold together. */
function broken(rules: NotationRules, verdict: Verdict<NotationReason>, facts: NotationFacts): JudgedNotation {
  return { ...combine([{ check: "integrity", action: rules.actions.integrity, verdict }]), facts, revocable: [] };
}

type Targets = { readonly target: TargetArtifact; readonly artifact: TargetArtifact };

/** Cheap first: what is signed, then the chain, then the signature. */
function judgeIntegrity(envelope: NotationEnvelope, chain: Chain, { target, artifact }: Targets) {
  const subject: Verdict<NotationReason> = judgeTarget(target, artifact);
  if (subject.kind !== "pass") return subject;
  const certificates: Verdict<NotationReason> = judgeChain(chain);
  if (certificates.kind !== "pass") return certificates;
  const key = chain[0].key();
  return key.ok ? judgeSignature(envelope, key.value) : fail(key.code, key.detail);
}

type Trusted = { readonly context: NotationContext; readonly facts: NotationFacts };

function judgeTrusted(envelope: NotationEnvelope, chain: Chain, { context, facts }: Trusted): JudgedNotation {
  const { rules, trust, now } = context;
  const { actions } = rules;
  const authenticity = all<NotationReason>([
    judgeAnchor(chain, anchorsFor(trust, envelope.attributes.scheme)),
    judgeIdentity(chain[0].subject, rules.identities),
  ]);
  const time = judgeTime({ envelope, chain, rules, trust, now });
  const checks: NonEmpty<JudgedCheck> = [
    { check: "integrity", action: actions.integrity, verdict: pass },
    { check: "authenticity", action: actions.authenticity, verdict: authenticity },
    { check: "authenticTimestamp", action: actions.authenticTimestamp, verdict: time.verdict },
    { check: "expiry", action: actions.expiry, verdict: judgeExpiry(envelope, now) },
  ];
  const judged = combine(checks);
  const until = earliest([
    ...orNone(actions.expiry, envelope.attributes.expiry),
    ...orNone(actions.authenticTimestamp, time.until),
  ]);
  const isAsked = judged.verdict.kind === "pass" && authenticity.kind === "pass" && actions.revocation !== "skip";
  return {
    ...judged,
    facts: { ...facts, ...(time.time && { time: time.time }) },
    ...(until !== undefined && { until }),
    revocable: isAsked ? [...linksOf(chain), ...linksOf(time.time?.stamp?.path ?? [])] : [],
  };
}

/** What is only logged ends nothing. */
function orNone(action: CheckAction, end: UnixMs | undefined): readonly UnixMs[] {
  return action === "enforce" && end !== undefined ? [end] : [];
}

function judgeExpiry({ attributes: { expiry } }: NotationEnvelope, now: UnixMs): Verdict<"notation-expired"> {
  if (expiry === undefined || expiry >= now) return pass;
  return fail("notation-expired", "the signer says that the signature is good no longer");
}

/** Everything but the anchor, which is trusted until it is taken out of its store. */
function linksOf(chain: readonly Certificate[]): readonly RevocableCertificate[] {
  return chain.flatMap((certificate, i) => {
    const issuer = chain[i + 1];
    return issuer ? [{ certificate, issuer }] : [];
  });
}

/** Combines checks: those enforced decide. */
export function combine(checks: NonEmpty<JudgedCheck>): Pick<JudgedNotation, "verdict" | "checks"> {
  const [first, ...others] = checks.flatMap(({ action, verdict }) => (action === "enforce" ? [verdict] : []));
  return { checks, verdict: first ? all([first, ...others]) : pass };
}

/** What the checks that are only logged have found, for people to see. */
export function loggedOf(checks: readonly JudgedCheck[]): readonly (Finding<NotationReason> | Gap)[] {
  return checks.flatMap(({ action, verdict }): readonly (Finding<NotationReason> | Gap)[] => {
    if (action !== "log") return [];
    switch (verdict.kind) {
      case "pass":
        return [];
      case "fail":
        return verdict.reasons;
      case "unknown":
        return verdict.gaps;
      default:
        return unreachable(verdict);
    }
  });
}

/**
 * True when a pass under these rules says who signed. Under `audit` and `skip` it does not, and a signer who is
 * revoked or unknown passes as well (CVE-2024-23332): admission has to count it as not covered.
 */
export function isCovering({ level, actions }: NotationRules): boolean {
  return level !== "skip" && actions.integrity === "enforce" && actions.authenticity === "enforce";
}

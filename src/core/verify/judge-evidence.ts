import { bug } from "../bug.ts";
import type { Bundle } from "../bundle/bundle.ts";
import { toPae } from "../dsse/pae.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { CompiledTrust, Thresholds } from "../trust/compiled-trust.ts";
import { pass, type Finding, type Verdict } from "../verdict.ts";
import { isWithin } from "../x509/chain.ts";
import { measureArtifact, type Artifact } from "./artifact.ts";
import type { ProvenTime, VerifyFacts } from "./facts.ts";
import { judgeBody, type EntryContext } from "./judge-body.ts";
import { judgeEnvelope, judgeMessage } from "./judge-content.ts";
import { judgeCounts } from "./judge-counts.ts";
import { judgeEntries, type JudgedEntries } from "./judge-entries.ts";
import { judgeIdentity } from "./judge-identity.ts";
import { judgePath } from "./judge-path.ts";
import { judgeScts } from "./judge-scts.ts";
import { judgeSigner, type Signer } from "./judge-signer.ts";
import { judgeStatement } from "./judge-statement.ts";
import { judgeTimestamps, type JudgedTimestamps } from "./judge-timestamps.ts";
import type { VerifyPolicy } from "./policy.ts";
import type { VerifyReason } from "./reason.ts";

/** What is said of a signature, and what was proven on the way. */
export type Judgement = { readonly verdict: Verdict<VerifyReason>; readonly facts: VerifyFacts };

/**
 * Judges a signature with its evidence: steps 6 to 18 of the verification procedure, in their order. Pure: the same
 * values give the same answer in five years. It asks no clock, fetches nothing, and believes nothing of the bundle
 * that a key of the trusted root, or the caller's key, does not stand for.
 */
export function judgeEvidence(
  bundle: Bundle,
  artifact: Artifact,
  trust: CompiledTrust,
  policy: VerifyPolicy,
): Judgement {
  const inquiry = openInquiry(trust, policy);
  const signer = inquiry.keep(judgeSigner(bundle, trust, policy));
  if (inquiry.isOver()) return inquiry.conclude();
  if (signer?.kind === "certificate") inquiry.learn({ leaf: signer.leaf, extensions: signer.leaf.fulcio });

  judgeLogsAndTimes(inquiry, bundle);
  if (inquiry.isOver()) return inquiry.conclude();

  if (signer?.kind === "certificate") judgeCertificate(inquiry, signer);
  if (signer?.kind === "key") inquiry.keep(judgeKeyTimes(inquiry.facts().times, policy));
  if (inquiry.isOver() || !signer) return inquiry.conclude();

  judgeSigned(inquiry, bundle, artifact, signer);
  return inquiry.conclude();
}

/** A judgement under way: what has been learnt and what has failed. */
type Inquiry = {
  readonly trust: CompiledTrust;
  readonly policy: VerifyPolicy;
  readonly thresholds: Thresholds;
  /** The value, or `undefined` and one more finding. */
  readonly keep: <T>(result: Parsed<T, VerifyReason>) => T | undefined;
  readonly learn: (facts: Partial<VerifyFacts>) => void;
  readonly facts: () => VerifyFacts;
  /** Something has failed, and nobody wants to know what else would. */
  readonly isOver: () => boolean;
  readonly conclude: () => Judgement;
};

function openInquiry(trust: CompiledTrust, policy: VerifyPolicy): Inquiry {
  const findings: Finding<VerifyReason>[] = [];
  let facts: VerifyFacts = { trustId: trust.trustId, times: [], entries: [], extensions: NO_EXTENSIONS, ignored: [] };
  return {
    trust,
    policy,
    thresholds: thresholdsOf(trust, policy),
    keep: (result) => {
      if (result.ok) return result.value;
      findings.push({ reason: result.code, detail: result.detail });
      return undefined;
    },
    learn: (more) => {
      facts = { ...facts, ...more };
    },
    facts: () => facts,
    isOver: () => findings.length > 0 && policy.explain !== true,
    conclude: () => {
      const [first, ...others] = findings;
      return { verdict: first ? { kind: "fail", reasons: [first, ...others] } : pass, facts };
    },
  };
}

const NO_PAE: Uint8Array = new Uint8Array(0);
const NO_EXTENSIONS: ReadonlyMap<number, string> = new Map();

/** A policy may ask for more; it cannot do without what the domain has, nor with a certificate without a time. */
function thresholdsOf(trust: CompiledTrust, policy: VerifyPolicy): Thresholds {
  const { log, time, sct } = { ...trust.thresholds, ...policy.thresholds };
  return {
    log: Math.max(trust.logs.length > 0 ? 1 : 0, log),
    time: Math.max(policy.key ? 0 : 1, time),
    sct: Math.max(trust.ctLogs.length > 0 ? 1 : 0, sct),
  };
}

const NO_TIMESTAMPS: JudgedTimestamps = { times: [], ignored: [] };
const NO_ENTRIES: JudgedEntries = { entries: [], times: [], ignored: [] };

/** Steps 8 to 11. Times come from here alone: an `integratedTime` that no SET covers is never one. */
function judgeLogsAndTimes(inquiry: Inquiry, bundle: Bundle): void {
  const { trust, keep } = inquiry;
  const stamped = keep(judgeTimestamps(bundle.timestamps, bundle.content.signature, trust)) ?? NO_TIMESTAMPS;
  if (inquiry.isOver()) return;
  const logged = keep(judgeEntries(bundle.entries, trust, stamped.times)) ?? NO_ENTRIES;
  const times = [...stamped.times, ...logged.times];
  inquiry.learn({ times, entries: logged.entries, ignored: [...stamped.ignored, ...logged.ignored] });
  if (inquiry.isOver()) return;
  keep(judgeCounts(logged.entries, times, inquiry.thresholds));
}

/** Steps 12 to 14. */
function judgeCertificate(inquiry: Inquiry, { leaf, candidates }: Extract<Signer, { kind: "certificate" }>): void {
  const { trust, policy, thresholds, keep } = inquiry;
  const { times } = inquiry.facts();
  // Without a time there is nothing to hold the certificates against; it is missed already.
  const path = times.length > 0 ? keep(judgePath(leaf, candidates, trust, times)) : undefined;
  if (inquiry.isOver()) return;
  if (path) {
    inquiry.learn({ issuedBy: path.ca.uri });
    const ignored = keep(judgeScts(leaf, path.issuerSpkiHash, trust, thresholds.sct));
    if (inquiry.isOver()) return;
    if (ignored && ignored.length > 0) inquiry.learn({ ignored: [...inquiry.facts().ignored, ...ignored] });
  }
  // Nobody in particular is never meant: a policy that names no signer is a mistake of ours, not a yes.
  const identity = keep(judgeIdentity(leaf, policy.identity ?? bug("a policy that names no signer")));
  if (identity) inquiry.learn({ identity });
}

/** Step 18: a key, too, is good only for a while. */
function judgeKeyTimes(times: readonly ProvenTime[], policy: VerifyPolicy): Parsed<undefined, VerifyReason> {
  const validFor = policy.keyValidFor;
  if (times.length === 0 && policy.now === undefined) {
    return malformed("time-missing", "nothing says when the key signed, and no time was given");
  }
  const instants = times.length > 0 ? times.map(({ at }) => at) : [policy.now];
  const isGood = instants.every((at) => at !== undefined && (validFor === undefined || isWithin(at, validFor)));
  return isGood ? parsed(undefined) : malformed("key-not-valid-at-time", "the key was not valid when it signed");
}

/** Steps 15 to 17. */
function judgeSigned(inquiry: Inquiry, bundle: Bundle, given: Artifact, signer: Signer): void {
  const { policy, keep } = inquiry;
  const { content } = bundle;
  const artifact = measureArtifact(given);
  const pae = content.kind === "dsse" ? toPae(content.payloadType, content.payload) : NO_PAE;
  if (content.kind === "message") keep(judgeMessage(content, artifact, signer.key));
  else {
    const signed = judgeEnvelope(content, pae, signer.key);
    const statement = keep(signed.ok ? judgeStatement(content.payload, artifact, policy) : signed);
    if (statement) inquiry.learn({ statement });
  }
  if (inquiry.isOver()) return;

  const context: EntryContext = { content, pae, artifact, signer };
  for (const { position, logIndex } of inquiry.facts().entries) {
    const agrees = judgeBody(bundle.entries[position] ?? bug("an entry that the bundle does not have"), context);
    keep(agrees.ok ? agrees : malformed(agrees.code, `entry ${logIndex}: ${agrees.detail}`));
    if (inquiry.isOver()) return;
  }
}

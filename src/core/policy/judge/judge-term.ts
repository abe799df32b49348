import { earliest } from "../../time.ts";
import { all, fail, type Verdict } from "../../verdict.ts";
import { lookUp } from "../look-up.ts";
import { reasonClassOf, type ReasonClass } from "../reason-class.ts";
import type { CandidateVerdict, CheckState } from "../review-verdict.ts";
import type { Authority } from "../trust-policy.ts";
import type { ArtifactEvidence, Candidate, EvidenceGap, SignerJudgement } from "./image-evidence.ts";
import { judgeAuthority } from "./judge-authority.ts";
import { earliestOf, judgeSigned, judgeStated } from "./judge-saying.ts";
import type { JudgedSaying, JudgedTerm, Place } from "./judging.ts";
import type { Term } from "../cnf.ts";
import { renderTerm } from "./render-requirement.ts";

/** Judges one term over the evidence of one artifact: one candidate that passes is enough. */
export function judgeTerm(term: Term, artifact: ArtifactEvidence, place: Place): JudgedTerm {
  const name = place.platform === undefined ? renderTerm(term) : `${renderTerm(term)} for ${place.platform}`;
  const base = { op: "term", term: name, authority: term.by } as const;
  const authority = lookUp(place.judging.authorities, term.by);
  // The reader refuses such a policy; were one to come by another way, it admits nobody.
  if (!authority)
    return { verdict: { ...base, state: "fail", candidates: [], nearest: UNREAD }, codes: [UNREAD], flags: [] };
  const judged = artifact.candidates.flatMap(
    (candidate) => judgeCandidate(candidate, { term, authority, place }) ?? [],
  );
  const candidates = judged.map(({ shown }) => shown);
  const [best] = judged.filter(({ shown }) => shown.state === "pass").toSorted(byWorth);
  if (best) {
    const { flags, validUntil } = best;
    const end = validUntil === undefined ? {} : { validUntil };
    return { verdict: { ...base, state: "pass", candidates }, codes: [], flags, ...end };
  }
  const gaps = artifact.gaps.filter(({ source }) => source === undefined || mayBring(authority, source));
  const { state, codes } = conclude(term, { judged, gaps, place });
  const nearest = codes[0] ?? UNREAD;
  const { signedParent } = place;
  const parent = nearest === "child-not-signed" && signedParent !== undefined ? { signedParent } : {};
  return { verdict: { ...base, state, candidates, nearest, ...parent }, codes, flags: [] };
}

const UNREAD = "policy-not-loaded";

type Question = { readonly term: Term; readonly authority: Authority; readonly place: Place };

type JudgedCandidate = {
  readonly shown: CandidateVerdict;
  /** It may be told as the reason; a good statement by somebody else says nothing of whether ours is missing. */
  readonly isTold: boolean;
  readonly flags: readonly string[];
  readonly validUntil?: JudgedSaying["validUntil"];
};

/** `undefined` for what can be no evidence for the term at all. */
function judgeCandidate(candidate: Candidate, { term, authority, place }: Question): JudgedCandidate | undefined {
  if (!mayBring(authority, candidate.source)) return undefined;
  const { says, source, digest } = candidate;
  if (says.kind === "unreadable") {
    const { code, detail } = says;
    return { shown: { source, digest, state: "fail", reasons: [{ code, detail }] }, isTold: true, flags: [] };
  }
  const judgement = lookUp(candidate.byAuthority, term.by);
  if (!judgement) return undefined;
  const whose = judgeAuthority(authority, judgement, place.judging.matches);
  const what = judgeWhat(candidate, { term, judgement, place, isOurs: whose.kind === "pass" });
  if (!what) return undefined;
  const verdict = all([whose, what.verdict]);
  const end = earliest([judgement.validUntil, what.validUntil].filter((at) => at !== undefined));
  return {
    shown: { source, digest, ...claimsOf(judgement), state: verdict.kind, reasons: reasonsOf(verdict) },
    isTold: term.op === "signature" || !isForeign(whose),
    flags: what.flags,
    ...(end !== undefined && { validUntil: end }),
  };
}

/** An authority looks for its own formats only: one less is one way less around the others. */
function mayBring(authority: Authority, source: Candidate["source"]): boolean {
  if (authority.kind === "notation") return source === "notation";
  return source !== "notation" && authority.formats.includes(source);
}

type What = {
  readonly term: Term;
  readonly judgement: SignerJudgement;
  readonly place: Place;
  readonly isOurs: boolean;
};

/**
 * A statement is no signature of an image, and a signature says nothing (trust-policy chapter §1.3). One of another type
 * is told only when it is ours, and no term of the family asks for it.
 */
function judgeWhat({ says }: Candidate, { term, judgement, place, isOurs }: What): JudgedSaying | undefined {
  const times = judgement.signer?.times ?? [];
  if (term.op === "signature") {
    return says.kind === "signature" ? judgeSigned(says.reference, times, place.judging) : undefined;
  }
  if (says.kind !== "attestation") return undefined;
  if (says.predicateType === term.predicateType) {
    return judgeStated(term, says.statement, { times, judging: place.judging });
  }
  return isOurs && !place.wanted.has(says.predicateType) ? OTHER_TYPE : undefined;
}

const OTHER_TYPE: JudgedSaying = {
  verdict: fail("predicate-type-mismatch", "a statement of another type"),
  flags: [],
};

function isForeign(whose: Verdict<string>): boolean {
  return whose.kind === "fail" && whose.reasons.every(({ reason }) => reasonClassOf(reason) === "identity");
}

function claimsOf({ signer }: SignerJudgement): Pick<CandidateVerdict, "identity" | "key" | "signedAt" | "log"> {
  const signedAt = signer && earliestOf(signer.times);
  const [entry] = signer?.entries ?? [];
  return {
    ...(signer?.identity && { identity: signer.identity }),
    ...(signer?.key && { key: signer.key }),
    ...(signedAt !== undefined && { signedAt }),
    ...(entry && { log: { id: entry.log, index: entry.index } }),
  };
}

function reasonsOf(verdict: Verdict<string>): CandidateVerdict["reasons"] {
  if (verdict.kind === "pass") return [];
  if (verdict.kind === "fail") return verdict.reasons.map(({ reason, detail }) => ({ code: reason, detail }));
  return verdict.gaps.map(({ missing, detail }) => ({ code: missing, detail }));
}

type Conclusion = { readonly state: CheckState; readonly codes: readonly string[] };
type Found = {
  readonly judged: readonly JudgedCandidate[];
  readonly gaps: readonly EvidenceGap[];
  readonly place: Place;
};

/** Nothing passed. What could not be looked at keeps the question open; else the nearest candidate is told, or that there is none. */
function conclude(term: Term, { judged, gaps, place }: Found): Conclusion {
  const open = judged.filter(({ shown }) => shown.state === "unknown");
  const [missing] = [...gaps.map(({ code }) => [code]), ...open.map(codesOf)];
  if (missing) return { state: "unknown", codes: missing };
  const [nearest] = judged.filter(({ isTold }) => isTold).toSorted(byNearness);
  if (nearest) return { state: "fail", codes: codesOf(nearest) };
  if (term.op === "attestation") return { state: "fail", codes: ["no-attestation"] };
  return { state: "fail", codes: [place.signedParent === undefined ? "no-signature" : "child-not-signed"] };
}

function codesOf({ shown }: JudgedCandidate): readonly string[] {
  return shown.reasons.map(({ code }) => code);
}

/** How far a candidate came, by the class of its first refusal: the checks stand in this order. */
const PROGRESS: readonly (ReasonClass | undefined)[] = [
  "registry",
  "envelope",
  "certificate",
  "notation",
  "log",
  "time",
  "identity",
  "predicate",
];

function byNearness(a: JudgedCandidate, b: JudgedCandidate): number {
  const [left, right] = [codesOf(a), codesOf(b)];
  return progressOf(right) - progressOf(left) || left.length - right.length || compareText(left.join(), right.join());
}

function progressOf(codes: readonly string[]): number {
  return Math.min(...codes.map((code) => PROGRESS.indexOf(reasonClassOf(code))));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Of several that pass: without a flag first, then the one that is good for longest. */
function byWorth(a: JudgedCandidate, b: JudgedCandidate): number {
  const end = ({ validUntil }: JudgedCandidate): number => validUntil ?? Number.MAX_SAFE_INTEGER;
  return a.flags.length - b.flags.length || end(b) - end(a);
}

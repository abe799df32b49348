import { unreachable } from "../bug.ts";
import type { SigningEvent } from "../entry/signing-event.ts";
import type { Candidate, CorrelationConflict, Grade, JoinKind } from "./correlation.ts";

export type GradeStory = {
  readonly event: SigningEvent;
  readonly grade: Grade;
  readonly candidates: readonly Candidate[];
  /** How many candidates there are in all; more than `candidates` when the list was cut. */
  readonly listed: number;
  readonly unknownRuns: readonly string[];
};

/** Sentences: why this grade, and what is missing for a better one. */
export function explainGrade(story: GradeStory): readonly string[] {
  const { candidates, listed, unknownRuns } = story;
  const [first] = candidates;
  const equals = candidates.filter(({ grade }) => grade === first?.grade).length;
  return [
    ...whyNotProven(story.event),
    first ? whyGrade(first) : "no run that is known fits this entry",
    ...(first?.conflicts ?? []).map(explainConflict),
    ...(equals > 1 ? [`${equals} runs fit equally well`] : []),
    ...(listed > candidates.length
      ? [`${listed - candidates.length} more runs of the same window are not listed`]
      : []),
    ...unknownRuns.map((uid) => `a statement names run ${uid}, which is not known here`),
  ];
}

/** What a candidate's best evidence is worth and what it lacks. */
function whyGrade({ grade, evidence }: Candidate): string {
  const kinds = new Set(evidence.map(({ kind }) => kind));
  switch (grade) {
    case "A":
      return kinds.has("record")
        ? "the run lists this entry among its own"
        : kinds.has("certificate")
          ? "the certificate names the run"
          : "signed provenance names the run, and its token or its controller stands for it";
    case "A-":
      return `${kindsOf(evidence)}; the run does not list this entry`;
    case "B":
      return "its results name the signed digest, and those of no other run do; nothing names this entry";
    case "C":
      return `only ${kindsOf(evidence)}, or its account or time do not fit`;
    case "D":
      return "account and time fit, and nothing else joins the two";
    case "none":
      return "no run that is known fits this entry";
    default:
      return unreachable(grade);
  }
}

function whyNotProven(event: SigningEvent): readonly string[] {
  switch (event.chain) {
    case "verified":
      return [];
    case "untrusted":
      return ["the certificate does not chain to a trusted CA: the identity in it is a claim"];
    case "none":
      return ["signed with a bare key: nothing names an account"];
    default:
      return unreachable(event.chain);
  }
}

function explainConflict(conflict: CorrelationConflict): string {
  switch (conflict) {
    case "correlation-identity-conflict":
      return "the run's account is not the one in the certificate";
    case "correlation-time-conflict":
      return "the certificate was issued outside the run's time";
    case "correlation-claim-without-run":
      return "a statement names a run that is not known here";
    case "correlation-conflict":
      return "two runs both name this entry";
    default:
      return unreachable(conflict);
  }
}

const KIND_WORDS: Readonly<Record<JoinKind, string>> = {
  record: "record of the run",
  invocation: "invocation id in the statement",
  certificate: "run in the certificate",
  credential: "credential id",
  claim: "claim of the signer",
  "audit-body": "token bound to its pod",
  "audit-metadata": "token sent to the pod's node",
  results: "digest in its results",
  annotation: "annotation of the run",
  window: "account and time",
};

function kindsOf(evidence: Candidate["evidence"]): string {
  return [...new Set(evidence.map(({ kind }) => KIND_WORDS[kind]))].join(", ");
}

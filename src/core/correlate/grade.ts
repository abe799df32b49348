import { GRADES, type CorrelationConflict, type Grade, type JoinKind } from "./correlation.ts";

/** What is known of one candidate before it is graded (pipelines chapter §7). */
export type GradeFacts = {
  readonly kinds: ReadonlySet<JoinKind>;
  /** P1: the certificate's subject is the run's account under that cluster's issuer, or the cluster's Chains. */
  readonly identity: Precondition;
  /** P2: the certificate was issued while the run ran, with a minute on both sides. */
  readonly time: Precondition;
  /** The certificate is that of the cluster's registered Chains controller. */
  readonly byController: boolean;
  /** How many runs of that identity and time name the signed digest in their results. */
  readonly runsWithDigest: number;
};

/** `unknown`: there is nothing to compare, which caps the grade as a conflict would but accuses nobody. */
export type Precondition = "fits" | "conflict" | "unknown";

export type Graded = {
  readonly grade: Grade;
  readonly conflicts: readonly CorrelationConflict[];
};

/** The best grade that is left when a precondition does not hold. */
const GRADE_WITHOUT_PRECONDITION: Grade = "C";

/** Grades one candidate. Never raises by guessing: what is not in `kinds` was not seen. */
export function gradeCandidate(facts: GradeFacts): Graded {
  const best = gradeEvidence(facts);
  const capped = facts.identity !== "fits" || facts.time !== "fits";
  return {
    grade: capped ? weaker(best, GRADE_WITHOUT_PRECONDITION) : best,
    conflicts: [
      ...(facts.identity === "conflict" ? (["correlation-identity-conflict"] as const) : []),
      ...(facts.time === "conflict" ? (["correlation-time-conflict"] as const) : []),
    ],
  };
}

function gradeEvidence({ kinds, byController, runsWithDigest }: GradeFacts): Grade {
  const has = (...wanted: readonly JoinKind[]): boolean => wanted.some((kind) => kinds.has(kind));
  if (has("record", "certificate")) return "A";
  if (has("invocation") && (byController || has("credential"))) return "A";
  if (has("credential", "audit-body", "audit-metadata", "invocation", "claim")) return "A-";
  if (has("results") && runsWithDigest === 1) return "B";
  if (has("annotation", "results")) return "C";
  return has("window") ? "D" : "none";
}

/** The weaker of two grades. */
export function weaker(a: Grade, b: Grade): Grade {
  return isAtLeast(a, b) ? b : a;
}

/** Whether `a` is as strong as `b` or stronger. */
export function isAtLeast(a: Grade, b: Grade): boolean {
  return GRADES.indexOf(a) <= GRADES.indexOf(b);
}

import { unreachable } from "../bug.ts";
import { earliest, type UnixMs } from "../time.ts";
import { all, fail, pass, unknown, type NonEmpty, type Verdict } from "../verdict.ts";
import {
  assessRevocation,
  type KeptReply,
  type RevocationAssessment,
  type RevocationQuestion,
  type RevocationReply,
} from "../x509/assess-revocation.ts";
import { renderName } from "../x509/name.ts";
import { combine, type JudgedCheck, type JudgedNotation, type RevocableCertificate } from "./judge-notation.ts";
import { REVOCATION_UNKNOWN, type NotationReason } from "./reason.ts";
import type { NotationRules } from "./rules.ts";

/** A signature judged to the end, or one more thing to ask. */
export type Conclusion =
  | { readonly kind: "judged"; readonly judged: JudgedNotation; readonly kept: readonly KeptReply[] }
  | { readonly kind: "ask"; readonly question: RevocationQuestion };

type Heard = { readonly rules: NotationRules; readonly replies: readonly RevocationReply[]; readonly now: UnixMs };

/**
 * Adds what was heard about revocation to a judged signature. `ask` names what has to be asked before it can; ask it, add
 * the reply, and conclude again. Pure: with the same replies, the same conclusion.
 */
export function concludeNotation(judged: JudgedNotation, { rules, replies, now }: Heard): Conclusion {
  const [first, ...others] = judged.checks;
  if (!first || rules.actions.revocation === "skip") return { kind: "judged", judged, kept: [] };
  const action = rules.actions.revocation;
  const withCheck = (verdict: Verdict<NotationReason>): JudgedNotation => {
    const checks: NonEmpty<JudgedCheck> = [first, ...others, { check: "revocation", action, verdict }];
    return { ...judged, ...combine(checks) };
  };
  const isOpen = judged.verdict.kind !== "pass" || isUntrusted(judged);
  if (isOpen) {
    const verdict = unknown(REVOCATION_UNKNOWN, "nobody is asked about a signature that is not trusted otherwise");
    return { kind: "judged", judged: withCheck(verdict), kept: [] };
  }
  const assessments = judged.revocable.map((link) => ({ link, said: assessRevocation({ ...link, replies, now }) }));
  const asked = assessments.flatMap(({ said }) => (said.kind === "ask" ? [said.question] : []));
  if (asked[0]) return { kind: "ask", question: asked[0] };
  const [verdict = pass, ...verdicts] = assessments.map(({ link, said }) => toVerdict(link, said));
  const kept = assessments.flatMap(({ said }) => ("kept" in said ? said.kept : []));
  const ends = action === "enforce" ? kept.map(({ until }) => until) : [];
  const until = earliest([...ends, ...(judged.until === undefined ? [] : [judged.until])]);
  const concluded = withCheck(all<NotationReason>([verdict, ...verdicts]));
  return { kind: "judged", judged: { ...concluded, ...(until !== undefined && { until }) }, kept };
}

function isUntrusted({ checks }: JudgedNotation): boolean {
  return checks.some(({ check, verdict }) => check === "authenticity" && verdict.kind !== "pass");
}

function toVerdict({ certificate }: RevocableCertificate, said: RevocationAssessment): Verdict<NotationReason> {
  const shown = renderName(certificate.subject);
  switch (said.kind) {
    case "good":
      return pass;
    case "revoked":
      return fail("notation-revoked", `${shown} is revoked: ${said.detail}`);
    case "unknown":
      return unknown(REVOCATION_UNKNOWN, `${shown}: ${said.detail}`);
    case "ask":
      return unknown(REVOCATION_UNKNOWN, `${shown}: ${said.question.url} has not been asked`);
    default:
      return unreachable(said);
  }
}

import type { DigestRef } from "../digest.ts";
import { isCovering, type JudgedNotation } from "../notation/judge-notation.ts";
import type { NotationTime } from "../notation/judge-time.ts";
import type { NotationRules } from "../notation/rules.ts";
import type { Candidate, SignedTime, SignerJudgement } from "../policy/judge/image-evidence.ts";
import { unknown } from "../verdict.ts";

/** One signature of the Notary Project, with what it comes to under the rules of one authority. */
export type JudgedByAuthority = {
  readonly authority: string;
  readonly rules: NotationRules;
  readonly judged: JudgedNotation;
};

/** A signature of the Notary Project as evidence for a policy. It says that the image is signed, and nothing else. */
export function toNotationCandidate(manifest: DigestRef, judged: readonly JudgedByAuthority[]): Candidate {
  const byAuthority = judged.map(({ authority, ...one }) => [authority, toJudgement(one)] as const);
  return {
    source: "notation",
    digest: manifest,
    says: { kind: "signature" },
    byAuthority: Object.fromEntries(byAuthority),
  };
}

/** A pass under rules that do not ask who signed proves nothing of the signer (CVE-2024-23332). */
function toJudgement({ rules, judged }: Omit<JudgedByAuthority, "authority">): SignerJudgement {
  const { verdict, facts, until } = judged;
  const isOpen = verdict.kind === "pass" && !isCovering(rules);
  return {
    verdict: isOpen ? unknown("not-covered", `the rules of ${rules.name} do not ask who signed`) : verdict,
    signer: {
      ...(facts.key && { key: facts.key }),
      extensions: {},
      entries: [],
      times: facts.time ? [toSignedTime(facts.time)] : [],
    },
    ...(until !== undefined && { validUntil: until }),
  };
}

function toSignedTime({ at, source }: NotationTime): SignedTime {
  return source === "tsa"
    ? { at, source, by: "a time-stamp authority of the trust stores" }
    : { at, source, by: "the signing authority" };
}

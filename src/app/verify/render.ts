import type { BundleAnswer } from "../../capabilities/verify/verify-bundle.ts";
import type { ImageAnswer } from "../../capabilities/verify/verify-image.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { renderIdentity } from "../../core/identity/identity.ts";
import { renderRfc3339 } from "../../core/time.ts";
import type { Verdict } from "../../core/verdict.ts";
import type { VerifyFacts } from "../../core/verify/facts.ts";
import type { JsonValue } from "../output/json-value.ts";
import type { Paint, State } from "../output/paint.ts";
import { visible } from "../output/visible.ts";

/** One subject of `countersign verify`, and what became of it. */
export type Verified =
  | { readonly subject: string; readonly answer: ImageAnswer }
  | { readonly subject: string; readonly answer: BundleAnswer };

/** How a verdict is said, and the state that its symbol shows. */
export const VERDICT_WORDS: Readonly<Record<Verdict<string>["kind"], readonly [State, string]>> = {
  pass: ["ok", "verified"],
  fail: ["finding", "not verified"],
  unknown: ["undecided", "undecided"],
};

/** What a person reads: the answer, then the evidence, then what could not be seen. */
export function renderVerified({ subject, answer }: Verified, paint: Paint): string {
  const [state, word] = VERDICT_WORDS[answer.verdict.kind];
  const digest = "digest" in answer && answer.digest !== undefined ? `  digest  ${answer.digest}\n` : "";
  const proven = provenIn(answer).map((facts) => renderFacts(facts));
  const isStale = "trust" in answer && answer.trust.state !== "fresh";
  const trust = isStale ? `  root    ${answer.trust.state}: ${visible(answer.trust.reason)}\n` : "";
  const head = `${paint.symbol(state)} ${word}  ${visible(subject)}\n`;
  return `${head}${digest}${proven.join("")}${renderReasons(answer.verdict)}${trust}`;
}

/** The facts of what passed; of what failed, the reasons say more. */
function provenIn(answer: ImageAnswer | BundleAnswer): readonly VerifyFacts[] {
  if (answer.verdict.kind !== "pass") return [];
  if ("judged" in answer) return answer.judged.flatMap(({ verdict, facts }) => (verdict.kind === "pass" ? facts : []));
  return answer.facts ? [answer.facts] : [];
}

function renderFacts({ identity, entries, times, statement }: VerifyFacts): string {
  const by = identity ? `  by      ${visible(renderIdentity(identity))}\n` : "";
  const said = statement ? `  says    ${visible(statement.predicateType)}\n` : "";
  const logged = entries.map(({ log, logIndex }) => `  entry   ${logIndex} of ${visible(log)}\n`);
  const timed = times.map(({ at, by: who }) => `  time    ${renderRfc3339(at)}, stated by ${visible(who)}\n`);
  return `${by}${said}${logged.join("")}${timed.join("")}`;
}

/** Reasons and gaps, one a line. */
export function renderReasons(verdict: Verdict<string>): string {
  if (verdict.kind === "fail")
    return verdict.reasons.map(({ reason, detail }) => `  ${reason}: ${visible(detail)}\n`).join("");
  if (verdict.kind === "unknown")
    return verdict.gaps.map(({ missing, detail }) => `  missing ${missing}: ${visible(detail)}\n`).join("");
  return "";
}

/** The same as a value. */
export function toVerifiedJson({ subject, answer }: Verified): JsonValue {
  const common = { subject, verdict: { ...answer.verdict } };
  if ("judged" in answer) {
    return {
      ...common,
      ...(answer.digest !== undefined && { digest: answer.digest }),
      signatures: answer.judged.map(({ attached, verdict, facts }) => ({
        layout: attached.layout,
        manifest: attached.manifest,
        verdict: { ...verdict },
        ...toFactsJson(facts),
      })),
      unreadable: answer.unreadable.map((one) => ({ ...one })),
    };
  }
  return { ...common, ...(answer.facts && toFactsJson(answer.facts)), trust: { ...answer.trust } };
}

function toFactsJson(facts: VerifyFacts): { readonly [member: string]: JsonValue | undefined } {
  const { identity, entries, times, statement, issuedBy, trustId } = facts;
  return {
    trustId: toHex(trustId),
    ...(identity && { identity: { ...identity } }),
    ...(issuedBy !== undefined && { issuedBy }),
    ...(statement && { predicateType: statement.predicateType }),
    entries: entries.map(({ log, logIndex, hasSet, inclusion }) => ({
      log,
      index: logIndex,
      hasSet,
      ...(inclusion && { inclusion: { ...inclusion } }),
    })),
    times: times.map(({ at, source, by }) => ({ at: renderRfc3339(at), source, by })),
  };
}

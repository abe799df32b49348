import type { JudgedReferrer, NotationAnswer } from "../../capabilities/verify/verify-notation.ts";
import { loggedOf, type NotationFacts } from "../../core/notation/judge-notation.ts";
import { renderRfc3339 } from "../../core/time.ts";
import type { JsonValue } from "../output/json-value.ts";
import type { Paint } from "../output/paint.ts";
import { visible } from "../output/visible.ts";
import { renderReasons, VERDICT_WORDS } from "./render.ts";

/** One image of `countersign verify --notation`, and what became of it. */
export type VerifiedNotation = { readonly subject: string; readonly answer: NotationAnswer };

/** What a person reads: the answer, then who signed, then what was only logged and what was passed over. */
export function renderNotation({ subject, answer }: VerifiedNotation, paint: Paint): string {
  const { verdict, digest, rules, judged, warnings } = answer;
  const [state, word] = VERDICT_WORDS[verdict.kind];
  const head = `${paint.symbol(state)} ${word}  ${visible(subject)}\n`;
  const named = digest === undefined ? "" : `  digest  ${digest}\n`;
  const ruled = rules ? `  policy  ${visible(rules.name)}, level ${rules.level}\n` : "";
  const passed = judged.filter((found) => found.judged.verdict.kind === "pass");
  const warned = warnings.map((text) => `  warning ${visible(text)}\n`).join("");
  return `${head}${named}${ruled}${passed.map(renderFound).join("")}${renderReasons(verdict)}${warned}`;
}

function renderFound({ judged }: JudgedReferrer): string {
  const { facts, checks } = judged;
  const by = facts.subject === undefined ? "" : `  by      ${visible(facts.subject)}\n`;
  const logged = loggedOf(checks).map(
    (one) => `  logged  ${"reason" in one ? one.reason : one.missing}: ${visible(one.detail)}\n`,
  );
  return `${by}${renderTimes(facts)}${logged.join("")}`;
}

function renderTimes({ time, expiry }: NotationFacts): string {
  const stated = time ? `  time    ${renderRfc3339(time.at)}, stated by ${WHO[time.source]}\n` : "";
  const ends = expiry === undefined ? "" : `  expires ${renderRfc3339(expiry)}\n`;
  return `${stated}${ends}`;
}

const WHO = { tsa: "a time-stamp authority", "signing-authority": "the signing authority" } as const;

/** The same as a value. */
export function toNotationJson({ subject, answer }: VerifiedNotation): JsonValue {
  const { verdict, digest, rules, judged, warnings } = answer;
  return {
    subject,
    verdict: { ...verdict },
    ...(digest !== undefined && { digest }),
    ...(rules && { policy: { ...rules } }),
    signatures: judged.map(({ manifest, judged: { facts, checks, verdict: said } }) => ({
      layout: "notation",
      manifest,
      verdict: { ...said },
      ...(facts.format !== undefined && { format: facts.format }),
      ...(facts.subject !== undefined && { signer: facts.subject }),
      ...(facts.time && { time: { at: renderRfc3339(facts.time.at), source: facts.time.source } }),
      ...(facts.expiry !== undefined && { expiry: renderRfc3339(facts.expiry) }),
      checks: checks.map(({ check, action, verdict: of }) => ({ check, action, verdict: { ...of } })),
    })),
    warnings,
  };
}

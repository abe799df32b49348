import { bug } from "../../bug.ts";
import type { PatternEngine } from "../../policy/read/context.ts";
import { exactText, wholeText, type TextLanguage } from "../form/text-language.ts";
import { textIn, toZone, type Zone } from "../form/zone.ts";

/** What can exist at all, and what our world can make of it (change-gate chapter §2.2). */
export type Grammars = {
  /** Names of namespaces: DNS-1123 labels. */
  readonly namespace: TextLanguage;
  /** References of the distribution grammar. */
  readonly image: TextLanguage;
  /** Certificates that a Fulcio of these issuers can issue: any of these zones. */
  readonly evidence: readonly Zone[];
};

/** An issuer that our Fulcio trusts, and the SANs that it can put into certificates, as RE2 that matches the whole. */
export type IssuableIdentity = { readonly issuer: string; readonly san: string };

const NAMESPACE = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
const HOST = String.raw`[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?`;
const PATH = String.raw`(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)+`;
const IMAGE = String.raw`${HOST}${PATH}(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?(?:@sha256:[0-9a-f]{64})?`;
/** Kubernetes (Fulcio `pkg/identity/kubernetes/principal.go`). */
const KUBERNETES = String.raw`https://kubernetes\.io/namespaces/${NAMESPACE}/serviceaccounts/[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?`;
const SPIFFE = "spiffe://[a-z0-9._-]+(?:/[a-zA-Z0-9._-]+)*";
const MAIL = "[!-?A-~]+@[!-?A-~]+";
const URI = "https://[a-zA-Z0-9.-]+(?::[0-9]+)?(?:/[!-~]*)?";
/** Without a Fulcio configuration: whatever some issuer of Fulcio can make. */
const ANY_SAN = `${KUBERNETES}|${SPIFFE}|${MAIL}|${URI}`;

/** Compiles the grammars; without issuers any issuer is taken to be ours. */
export function toGrammars(patterns: PatternEngine, issuers: readonly IssuableIdentity[] = []): Grammars {
  const compile = (pattern: string): TextLanguage => {
    const compiled = wholeText(patterns, `^(?:${pattern})$`);
    return compiled.ok ? compiled.value : bug(`grammar ${pattern}: ${compiled.detail}`);
  };
  const evidence =
    issuers.length === 0
      ? [toZone(textIn("san", compile(ANY_SAN)))]
      : issuers.map((one) => toZone(textIn("issuer", exactText(one.issuer)), textIn("san", compile(one.san))));
  return {
    namespace: compile(NAMESPACE),
    image: compile(IMAGE),
    evidence: evidence.flatMap((zone) => zone ?? []),
  };
}

import type { JsonObject } from "../../json/json.ts";
import type { PatternEngine } from "../read/context.ts";
import { shapeOfPattern } from "../read/pattern-shape.ts";
import type { IdentityRule, TextRule } from "../trust-policy.ts";
import { textAt } from "./members.ts";

export const ANY_TEXT: TextRule = { kind: "pattern", pattern: "^(?s:.*)$" };

/**
 * Reads an identity as cosign compares it (cosign `CheckCertificatePolicy`): an expression wins over an exact value,
 * neither means anybody, and expressions are searched for. `undefined` where one is not RE2: nobody passes there.
 */
export function readCosignIdentity(identity: JsonObject, patterns: PatternEngine): readonly IdentityRule[] | undefined {
  const issuer = ruleOf(textAt(identity, "issuer"), textAt(identity, "issuerRegExp"), patterns);
  const subject = ruleOf(textAt(identity, "subject"), textAt(identity, "subjectRegExp"), patterns);
  return issuer && subject && toIdentityRules(issuer, subject);
}

function ruleOf(exact: string | undefined, search: string | undefined, patterns: PatternEngine): TextRule | undefined {
  if (search !== undefined && search !== "") return toSearched(search, patterns);
  return exact === undefined || exact === "" ? ANY_TEXT : { kind: "exact", text: exact };
}

/** A pattern that is searched, as one that is matched as a whole. What is anchored is the same both ways. */
export function toSearched(search: string, patterns: PatternEngine): TextRule | undefined {
  const { isAnchored, hasTopAlternation, hasFlags } = shapeOfPattern(search);
  const pattern = isAnchored && !hasTopAlternation && !hasFlags ? search : `^(?s:.*)(?:${search})(?s:.*)$`;
  return patterns.compile(search).ok && patterns.compile(pattern).ok ? { kind: "pattern", pattern } : undefined;
}

/** A rule for each type of SAN that the text may be: engines compare the text alone. */
export function toIdentityRules(issuer: TextRule, subject: TextRule): readonly IdentityRule[] {
  return typesOf(subject).map((type) => ({ issuer, san: { ...subject, type }, extensions: {} }));
}

function typesOf(subject: TextRule): readonly IdentityRule["san"]["type"][] {
  const beginning = subject.kind === "exact" ? subject.text : shapeOfPattern(subject.pattern).prefix;
  if (/^[a-z][a-z0-9+.-]*:\/\//.test(beginning)) return ["uri"];
  if (subject.kind === "exact") return [subject.text.includes("@") ? "email" : "other-name"];
  return ["uri", "email", "other-name"];
}

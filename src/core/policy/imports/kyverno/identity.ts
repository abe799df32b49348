import type { JsonObject } from "../../../json/json.ts";
import { matchesText } from "../../../automata/matches.ts";
import { escapeRegex } from "../../exports/escape-regex.ts";
import type { PatternEngine } from "../../read/context.ts";
import type { IdentityRule, TextRule } from "../../trust-policy.ts";
import { ANY_TEXT, toIdentityRules, toSearched } from "../cosign-identity.ts";
import { textAt } from "../members.ts";

/**
 * Reads an identity as Kyverno compares it (`matchCertificateData`): subject glob or subject expression, issuer glob and
 * issuer expression; what is left out is anybody. `undefined` where it cannot be said.
 */
export function readKyvernoIdentity(keyless: JsonObject, patterns: PatternEngine): readonly IdentityRule[] | undefined {
  const issuer = issuerOf(textAt(keyless, "issuer") ?? "", textAt(keyless, "issuerRegExp") ?? "", patterns);
  const subjects = subjectsOf(textAt(keyless, "subject") ?? "", textAt(keyless, "subjectRegExp") ?? "", patterns);
  return issuer && subjects?.flatMap((subject) => toIdentityRules(issuer, subject));
}

function subjectsOf(glob: string, search: string, patterns: PatternEngine): readonly TextRule[] | undefined {
  if (glob === "" && search === "") return [ANY_TEXT];
  const searched = search === "" ? undefined : toSearched(search, patterns);
  if (search !== "" && !searched) return undefined;
  return [...(glob === "" ? [] : [globRule(glob)]), ...(searched ? [searched] : [])];
}

function issuerOf(glob: string, search: string, patterns: PatternEngine): TextRule | undefined {
  const searched = search === "" ? ANY_TEXT : toSearched(search, patterns);
  if (!searched || glob === "") return searched;
  const rule = globRule(glob);
  if (search === "") return rule;
  // Both have to hold; that can be said where the glob is a single text.
  const compiled = searched.kind === "pattern" ? patterns.compile(searched.pattern) : undefined;
  return rule.kind === "exact" && compiled?.ok === true && matchesText(compiled.value, rule.text) ? rule : undefined;
}

/** A glob of Kyverno: star and question mark, nothing else. */
function globRule(glob: string): TextRule {
  if (!/[*?]/.test(glob)) return { kind: "exact", text: glob };
  const pattern = Array.from(glob, (char) => (char === "*" ? "(?s:.*)" : char === "?" ? "(?s:.)" : escapeRegex(char)));
  return { kind: "pattern", pattern: `^${pattern.join("")}$` };
}

import type { Placement, PlacementRule } from "../trust-policy.ts";
import { readRoot } from "./authority.ts";
import type { PolicyContext } from "./context.ts";
import type { Field } from "./field.ts";
import { readIdentityRule } from "./identity-rule.ts";
import { readImagePatterns } from "./image-pattern.ts";
import { choiceOf, fullListOf, listOf, textOf } from "./scalars.ts";

const RULES_MAX = 1000;
/** What the API server itself accepts: a stolen token would work against the cluster. */
const API_AUDIENCE = /^https:\/\/kubernetes\.default\.svc(?:\.cluster\.local)?\/?$/;

/** A rule, and where it stands. */
export type PlacedRule = { readonly placement: string; readonly rule: PlacementRule; readonly field: Field };

/** Reads the `spec` of a Placement: which domain signs what. */
export function readPlacement(
  spec: Field,
  name: string,
  context: PolicyContext,
): { readonly placement: Placement; readonly placed: readonly PlacedRule[] } {
  spec.only("rules", "default");
  choiceOf(spec.at("default"), ["deny"]);
  const rules = spec.at("rules");
  if (!rules.present) rules.problem("TP004", `${rules.path} is missing`);
  const placed = fullListOf(rules, RULES_MAX).map((field) => ({
    placement: name,
    rule: readRule(field, context),
    field,
  }));
  return { placement: { name, rules: placed.map(({ rule }) => rule) }, placed };
}

function readRule(field: Field, context: PolicyContext): PlacementRule {
  field.only("images", "domain", "identities", "audience");
  const audience = field.at("audience");
  const text = textOf(audience);
  if (API_AUDIENCE.test(text)) audience.problem("TP007", `${text} is the API server's own audience`, "Write sigstore.");
  if (!field.at("images").present) field.at("images").problem("TP004", `${field.path}.images is missing`);
  return {
    images: readImagePatterns(field.at("images")),
    domain: readRoot(field.at("domain"), context),
    identities: listOf(field.at("identities")).map((item) => readIdentityRule(item, context)),
    audience: text,
  };
}

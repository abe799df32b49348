import type { JsonObject, JsonValue } from "../../json/json.ts";
import { lookUp } from "../look-up.ts";
import { EXTENSION_NAMES, extensionNumber } from "../read/extension-names.ts";
import { authoritiesOf } from "../read/judge-signers.ts";
import type { Authority, IdentityRule, Requirement, TextRule, TrustPolicySet } from "../trust-policy.ts";
import type { AllowedIdentity } from "./allowed.ts";
import type { BuilderAct } from "./evidence.ts";

/** What would end a drift. `patch` is a change of the policy, written out as `policy show` does; absent when no change of it is one. */
export type Mend = { readonly patch?: string; readonly note: string };

/** Takes an identity out of its authority. */
export function mendByRemoving({ authority, rule, families, isOnly }: AllowedIdentity): Mend {
  const last = `it is the only identity of ${authority}: take the authority out, and what requires it in ${families.join(", ")}`;
  return {
    patch: patchOf(authority, "-", toIdentityJson(rule)),
    note: isOnly ? last : "take the identity out of the policy",
  };
}

/** Lets an identity sign a family, by the first authority whose signature the family may be satisfied with. */
export function mendByAdding(
  policy: TrustPolicySet,
  family: string,
  { identity, roots }: Pick<BuilderAct, "identity" | "roots">,
): Mend {
  const require = policy.families.find(({ name }) => name === family)?.require;
  const by = require && signersOf(require).find((name) => takes(lookUp(policy.authorities, name), roots));
  const intruder = "only if it is meant to sign; else it is an intruder to investigate";
  if (by === undefined || identity.sanType === "dns") {
    return { note: `${intruder}. The family has no authority of its trust root that could take it` };
  }
  const { issuer, san, sanType } = identity;
  const rule = { issuer: exact(issuer), san: { ...exact(san), type: sanType }, extensions: {} };
  const others = policy.families.filter((other) => other.name !== family && authoritiesOf(other.require).includes(by));
  const wider = others.length === 0 ? "" : `; ${by} also signs for ${others.map(({ name }) => name).join(", ")}`;
  return { patch: patchOf(by, "+", toIdentityJson(rule)), note: `${intruder}${wider}` };
}

function takes(authority: Authority | undefined, roots: readonly string[]): boolean {
  return authority?.kind === "sigstore" && (roots.length === 0 || roots.includes(authority.root));
}

function exact(text: string): TextRule {
  return { kind: "exact", text };
}

function signersOf(require: Requirement): readonly string[] {
  if (require.op === "signature") return [require.by];
  return require.op === "attestation" ? [] : require.of.flatMap(signersOf);
}

/** JSON is YAML, and is quoted right by itself. */
function patchOf(authority: string, sign: "+" | "-", identity: JsonValue): string {
  return [
    " spec:",
    "   authorities:",
    `     ${authority}:`,
    "       sigstore:",
    "         identities:",
    `${sign}        - ${JSON.stringify(identity)}`,
    "",
  ].join("\n");
}

/** An identity as the policy language writes it. */
function toIdentityJson({ issuer, san, extensions }: IdentityRule): JsonObject {
  const names = Object.entries(extensions).map(([number, value]) => [nameOf(number), value] as const);
  const kind = san.type === "other-name" ? "other" : san.type;
  return {
    issuer: toText(issuer),
    san: { [kind]: toText(san) },
    ...(names.length > 0 && { extensions: Object.fromEntries(names) }),
  };
}

function nameOf(number: string): string {
  return EXTENSION_NAMES.find((name) => extensionNumber(name) === number) ?? number;
}

function toText(rule: TextRule): JsonValue {
  return rule.kind === "exact" ? rule.text : { pattern: rule.pattern };
}

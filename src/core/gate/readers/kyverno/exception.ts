import { narrow, type Zone } from "../../form/zone.ts";
import { holdsText } from "../../form/text-language.ts";
import { isOfKind, OBJECT_FIELDS, renderNode } from "../object.ts";
import type { GateDocument } from "../field.ts";
import type { Reading } from "../reading.ts";
import { globOf, readMatch } from "./match.ts";

/** An exception of Kyverno: where rules of policies do not hold, for ever. */
export type KyvernoException = {
  /** Names of policies, as written. */
  readonly policies: readonly string[];
  readonly zones: readonly Zone[];
  readonly isFor: (policy: string, rule: string) => boolean;
};

export function isException(document: GateDocument): boolean {
  return isOfKind(document, "kyverno.io", "PolicyException");
}

/** Reads a PolicyException (`kyverno.io/v2`, `v2beta1`). */
export function readException(document: GateDocument, reading: Reading): KyvernoException {
  const spec = reading
    .open(document)
    .only(...OBJECT_FIELDS)
    .at("spec");
  spec.only("exceptions", "match", "conditions", "background", "podSecurity");
  const conditions = spec.at("conditions");
  const when = conditions.present ? [reading.opaque("conditions", renderNode(conditions.node), conditions.origin)] : [];
  const named = spec
    .at("exceptions")
    .items()
    .map((one) => {
      one.only("policyName", "ruleNames");
      return { policy: one.at("policyName").text() ?? "", rules: one.at("ruleNames").texts() };
    });
  if (named.length === 0) spec.problem("the exception is for no policy");
  return {
    policies: named.map(({ policy }) => policy),
    zones: readMatch(spec.at("match"), reading).flatMap((zone) => narrow(zone, ...when) ?? []),
    isFor: (policy, rule) =>
      named.some(
        (one) =>
          matches(one.policy, policy) &&
          one.rules.some((name) => matches(name, rule) || matches(name, `autogen-${rule}`)),
      ),
  };
}

/** Whether a name of an exception, which may have stars, is a policy's. */
export function matches(glob: string, text: string): boolean {
  const language = globOf(glob);
  return language !== undefined && holdsText(language, text);
}

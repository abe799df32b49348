import type { Requirement, TrustPolicySet } from "../../../policy/trust-policy.ts";
import { lookUp } from "../../../policy/look-up.ts";
import { allOf, anyOf, NEVER_MET, someOf, type Need } from "../../form/need.ts";
import { exactText } from "../../form/text-language.ts";
import { choiceIn, narrow, textIn, type Literal } from "../../form/zone.ts";
import { zonesOfAuthority, type AuthorityPlace } from "./authority.ts";

/** A requirement of ours as a need; all of nothing is met by nobody. */
export function needOf(require: Requirement, policy: TrustPolicySet, place: AuthorityPlace): Need {
  switch (require.op) {
    case "signature":
    case "attestation":
      return needOfTerm(require, policy, place);
    case "all":
      return require.of.length === 0 ? NEVER_MET : allOf(require.of.map((part) => needOf(part, policy, place)));
    case "any":
      return anyOf(require.of.map((part) => needOf(part, policy, place)));
    case "atLeast":
      return { op: "atLeast", n: require.n, of: require.of.map((part) => needOf(part, policy, place)) };
    default:
      return require satisfies never;
  }
}

type Term = Extract<Requirement, { readonly op: "signature" | "attestation" }>;

function needOfTerm(term: Term, { authorities }: TrustPolicySet, place: AuthorityPlace): Need {
  const authority = lookUp(authorities, term.by);
  const zones = authority ? zonesOfAuthority(authority, place) : [];
  const kind = authority?.kind === "notation" ? "notation-signature" : "image-signature";
  const what = term.op === "signature" ? [choiceIn("kind", [kind])] : statementOf(term, place);
  const everywhere = term.on === "everyPlatform" ? [choiceIn("strength:every-platform", ["true"])] : [];
  return anyOf(
    zones.flatMap((zone) => {
      const narrowed = narrow(zone, ...what, ...everywhere);
      return narrowed ? [someOf(narrowed, place.origin)] : [];
    }),
  );
}

function statementOf(
  { predicateType, where, maxAgeMs }: Extract<Requirement, { readonly op: "attestation" }>,
  { reading, origin }: AuthorityPlace,
): readonly Literal[] {
  return [
    choiceIn("kind", ["attestation"]),
    textIn("predicateType", exactText(predicateType)),
    ...where.map((condition) => reading.opaque("condition", JSON.stringify(condition, undefined, 2), origin)),
    ...(maxAgeMs === undefined ? [] : [reading.opaque("maxAge", `${maxAgeMs} ms`, origin)]),
  ];
}

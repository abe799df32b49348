import { parseDigestRef } from "../../digest.ts";
import { bug } from "../../bug.ts";
import type { DeniedWhat, DenyRule } from "../trust-policy.ts";
import type { Field } from "./field.ts";
import { optionalTextOf, textOf, timeOf } from "./scalars.ts";

const SUBJECTS = ["digest", "identity", "key"] as const;

/**
 * Reads the `spec` of a DenyRule (audit chapter §5). Names are texts and nothing else: whoever has signed once has to be
 * deniable, however odd the name.
 */
export function readDenyRule(spec: Field, name: string): DenyRule {
  spec.only(...SUBJECTS, "since", "until", "reason", "by", "at", "withdrawn");
  const named = SUBJECTS.filter((member) => spec.at(member).present);
  if (named.length !== 1) {
    spec.problem("TP007", `${named.length} of digest, identity and key`, "Exactly one of digest, identity and key.");
  }
  const [member = "digest"] = named;
  const withdrawn = optionalTextOf(spec.at("withdrawn"));
  const at = timeOf(spec.at("at"));
  return {
    name,
    what: readWhat(spec, member),
    ...readPeriod(spec, member),
    reason: textOf(spec.at("reason")),
    by: textOf(spec.at("by")),
    ...(at !== undefined && { at }),
    ...(withdrawn !== undefined && { withdrawn }),
  };
}

/** When it was signed; an image is not signed at a time. */
function readPeriod(spec: Field, member: (typeof SUBJECTS)[number]): Pick<DenyRule, "since" | "until"> {
  for (const time of ["since", "until"] as const) {
    const field = spec.at(time);
    if (member === "digest" && field.present) field.problem("TP007", `a digest with ${time}`, "Remove it.");
  }
  const [since, until] = [timeOf(spec.at("since")), timeOf(spec.at("until"))];
  if (since !== undefined && until !== undefined && until <= since) {
    spec.at("until").problem("TP007", "until is not after since", "A later time.");
  }
  return { ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
}

function readWhat(spec: Field, member: (typeof SUBJECTS)[number]): DeniedWhat {
  if (member === "identity") {
    const identity = spec.at("identity").only("issuer", "san");
    return { kind: "identity", issuer: textOf(identity.at("issuer")), san: textOf(identity.at("san")) };
  }
  const field = spec.at(member);
  const text = textOf(field);
  const digest = parseDigestRef(text);
  if (text !== "" && !digest)
    field.problem("TP007", `${field.path} is no SHA-256`, "sha256: and 64 hexadecimal digits.");
  return { kind: member, digest: digest ?? NOTHING };
}

/** The digest of nothing that anybody has; the rule is not used, since its document has a problem. */
const NOTHING = parseDigestRef(`sha256:${"0".repeat(64)}`) ?? bug("a digest");

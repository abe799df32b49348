import { unreachable } from "../../bug.ts";
import { quote } from "../../json/fields.ts";
import type { Authority, Requirement } from "../trust-policy.ts";
import { readCondition } from "./condition.ts";
import type { PolicyContext } from "./context.ts";
import type { Field } from "./field.ts";
import { choiceOf, durationOf, listOf, nameOf, textOf, wholeOf } from "./scalars.ts";

/** trust-policy chapter §1.3. */
const DEPTH_MAX = 4;
const TERMS_MAX = 64;
/** What stands where a requirement cannot be read. The set is refused then; nothing ever judges by it. */
const NOTHING: Requirement = { op: "all", of: [] };

export type RequirementReading = {
  readonly context: PolicyContext;
  readonly authorities: Readonly<Record<string, Authority>>;
  /** Every `atLeast` and `any` that was read. */
  readonly branchings: { readonly require: Requirement; readonly field: Field }[];
};

/** Reads a requirement; a bare list is `all`. */
export function readRequirement(field: Field, reading: RequirementReading): Requirement {
  if (!field.present) {
    field.problem("TP401", `${field.path} is missing: what must be true of these images?`);
    return NOTHING;
  }
  const budget = { terms: 0 };
  const require = Array.isArray(field.value)
    ? readAll(field, "all", { reading, budget, depth: 1 })
    : readOne(field, { reading, budget, depth: 1 });
  if (budget.terms > TERMS_MAX) field.problem("TP406", `${budget.terms} terms where ${TERMS_MAX} are allowed`);
  return require;
}

type Place = { readonly reading: RequirementReading; readonly budget: { terms: number }; readonly depth: number };

const FORMS = ["all", "any", "atLeast", "signature", "attestation"] as const;

function readOne(field: Field, place: Place): Requirement {
  const form = readForm(field);
  if (form === undefined) return NOTHING;
  switch (form) {
    case "all":
    case "any":
      return readAll(field.only(form).at(form), form, place);
    case "atLeast":
      return readAtLeast(field.only("atLeast", "of"), place);
    case "signature":
      return readSignature(field.only("signature", "on"), place);
    case "attestation":
      return readAttestation(field.only("attestation").at("attestation"), place);
    default:
      return unreachable(form);
  }
}

/** Which of the forms it is: exactly one. */
function readForm(field: Field): (typeof FORMS)[number] | undefined {
  const [form, ...others] = FORMS.filter((known) => field.at(known).present);
  if (form !== undefined && others.length === 0) return form;
  const isObject = typeof field.value === "object" && !Array.isArray(field.value);
  const isEmpty = isObject && field.only(...FORMS, "of", "on").members().length === 0;
  field.problem(isEmpty ? "TP401" : "TP004", `${field.path} is not exactly one of ${FORMS.join(", ")}`);
  return undefined;
}

function readAll(field: Field, op: "all" | "any", place: Place): Requirement {
  const of = readBranches(field, place);
  const require: Requirement = { op, of };
  if (op === "any") place.reading.branchings.push({ require, field });
  return require;
}

function readBranches(field: Field, place: Place): readonly Requirement[] {
  if (place.depth > DEPTH_MAX) {
    field.problem("TP406", `${field.path} is nested deeper than ${DEPTH_MAX} levels`);
    return [];
  }
  const items = field.items();
  if (field.present && items.length === 0 && Array.isArray(field.value))
    field.problem("TP401", `${field.path} is empty`);
  // Beyond the limit nothing is read: the count of terms is refused, whatever they say.
  return items.slice(0, TERMS_MAX + 1).map((item) => readOne(item, { ...place, depth: place.depth + 1 }));
}

function readAtLeast(field: Field, place: Place): Requirement {
  const of = readBranches(field.at("of"), place);
  if (!field.at("of").present) field.problem("TP401", `${field.path} has no branches`);
  const n = wholeOf(field.at("atLeast"), { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }) ?? 0;
  if (n < 1 || n > of.length) field.at("atLeast").problem("TP402", `at least ${n} of ${of.length} branches`);
  const require: Requirement = { op: "atLeast", n, of };
  place.reading.branchings.push({ require, field });
  return require;
}

function readSignature(field: Field, place: Place): Requirement {
  place.budget.terms += 1;
  const by = authorityOf(field.at("signature"), place.reading);
  return { op: "signature", by, on: choiceOf(field.at("on"), ["subject", "everyPlatform"]) };
}

function readAttestation(field: Field, place: Place): Requirement {
  place.budget.terms += 1;
  field.only("by", "type", "where", "maxAge", "on");
  const by = authorityOf(field.at("by"), place.reading);
  if (Object.hasOwn(place.reading.authorities, by) && place.reading.authorities[by]?.kind === "notation") {
    field.at("by").problem("TP407", `${by} is a Notation authority: Notation signs no statements`);
  }
  const maxAgeMs = durationOf(field.at("maxAge"));
  return {
    op: "attestation",
    by,
    predicateType: readPredicateType(field.at("type")),
    where: listOf(field.at("where")).map((item) => readCondition(item, place.reading.context)),
    ...(maxAgeMs !== undefined && { maxAgeMs }),
    on: choiceOf(field.at("on"), ["subject", "everyPlatform", "either"]),
  };
}

function authorityOf(field: Field, { authorities }: RequirementReading): string {
  const name = nameOf(field);
  if (name !== "" && !Object.hasOwn(authorities, name)) {
    const known = Object.keys(authorities);
    field.problem("TP214", `unknown authority ${name}`, known.length > 0 ? `Known: ${known.join(", ")}.` : undefined);
  }
  return name;
}

const PRESETS: ReadonlyMap<string, string> = new Map([
  ["slsa1", "https://slsa.dev/provenance/v1"],
  ["slsa02", "https://slsa.dev/provenance/v0.2"],
  ["spdx", "https://spdx.dev/Document"],
  ["cyclonedx", "https://cyclonedx.org/bom"],
  ["vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"],
  ["openvex", "https://openvex.dev/ns"],
]);
const ABSOLUTE_URI = /^[a-z][a-z0-9+.-]*:[^\s*?]+$/i;

function readPredicateType(field: Field): string {
  const text = textOf(field);
  const uri = PRESETS.get(text) ?? text;
  if (text !== "" && !ABSOLUTE_URI.test(uri)) field.problem("TP404", `${quote(text)} is neither a URI nor a preset`);
  return uri;
}

import { EVERYTHING } from "../../../automata/program.ts";
import { isJsonObject, type JsonObject } from "../../../json/json.ts";
import type { ExchangeContext } from "../../exports/engine.ts";
import type { Requirement } from "../../trust-policy.ts";
import { openBook } from "../book.ts";
import type { ImportBook, Imported, ImportedRule, ImportFormat, Region } from "../imported.ts";
import { denyEntry, type EntryPlace } from "../kyverno/attestors.ts";
import { printReference, toReferenceRegions } from "../kyverno/region.ts";
import { mayBeUnmatched } from "../kyverno/unmatched.ts";
import { listAt, memberAt, objectAt, objectsAt, strangersOf, textAt } from "../members.ts";
import { printPattern, REFERENCE_TAIL, regionOf, toFamilies } from "../regions.ts";
import { toPolicy } from "../to-policy.ts";
import { readAttestor } from "./attestor.ts";
import {
  CONTAINER_LISTS,
  NO_IMAGES,
  parseCount,
  parseImageTest,
  parseNoneOf,
  type CountCall,
  type ImageSets,
} from "./cel.ts";

/** Kyverno `ImageValidatingPolicy`: every policy whose references match an image holds; the others do not see it. */
export const kyvernoIvpImport: ImportFormat = {
  id: "kyverno-ivp",
  import: (documents, context): Imported => {
    const book = openBook();
    const policies = documents.flatMap(({ value }) =>
      isJsonObject(value) && textAt(value, "kind") === "ImageValidatingPolicy" ? [value] : [],
    );
    const rules = policies.flatMap((policy) => readPolicy(policy, book, context));
    if (mayBeUnmatched(rules, context.patterns)) {
      book.loss("all policies", {
        field: "default",
        kind: "narrowed",
        effect: "images that no policy matches are admitted there and denied here",
        remedy: "Write families for them.",
      });
    }
    return toPolicy(toFamilies(rules, { printing: printReference, patterns: context.patterns, book }), book);
  },
};

function readPolicy(policy: JsonObject, book: ImportBook, context: ExchangeContext): readonly ImportedRule[] {
  const name = textAt(objectAt(policy, "metadata"), "name") ?? "unnamed";
  const spec = objectAt(policy, "spec");
  const place: EntryPlace = { book, context, where: `ImageValidatingPolicy ${name}`, format: "bundle" };
  judgeMode(spec, place);
  const validations = objectsAt(spec, "validations").map((one) => textAt(one, "expression") ?? "");
  const references = objectsAt(spec, "matchImageReferences");
  const [only, ...others] = references;
  const rest = only && others.length === 0 ? parseNoneOf(textAt(only, "expression") ?? "") : undefined;
  if (rest && validations.join() === NO_IMAGES) return denyRest(name, rest, context);
  const require = readValidations(validations, spec, place);
  return references.map((reference): ImportedRule => ({ name, ...readReference(reference, place), require }));
}

/** Nobody is let in with an image that is in none of the sets. */
function denyRest(name: string, sets: readonly ImageSets[], context: ExchangeContext): readonly ImportedRule[] {
  const all = toReferenceRegions(["*"], "match");
  const regions = (patterns: readonly string[]): readonly Region[] => patterns.map((one) => ownRegion(one, context));
  const inside = sets.map((set, i): ImportedRule => {
    const others = sets.filter((_, j) => j !== i).flatMap(({ images }) => images);
    return { name, regions: regions(set.except), except: regions(others), require: undefined };
  });
  const every = regions(sets.flatMap(({ images }) => images));
  return [
    { name, regions: all, except: every, require: undefined },
    ...inside.filter((rule) => rule.regions.length > 0),
  ];
}

function ownRegion(pattern: string, { patterns }: ExchangeContext): Region {
  const compiled = patterns.compile(printPattern(pattern, REFERENCE_TAIL));
  return regionOf(pattern, [pattern], compiled.ok ? compiled.value : EVERYTHING);
}

function readReference(reference: JsonObject, place: EntryPlace): Pick<ImportedRule, "regions" | "except"> {
  const glob = textAt(reference, "glob");
  const set = parseImageTest(textAt(reference, "expression") ?? "");
  if (set) {
    const toRegions = (patterns: readonly string[]) => patterns.map((one) => ownRegion(one, place.context));
    return { regions: toRegions(set.images), except: toRegions(set.except) };
  }
  // Classes and braces are a glob language of its own; what is not understood touches everything.
  const isPlain = glob !== undefined && !/[[\]{}\\!]/.test(glob);
  const regions = isPlain
    ? toReferenceRegions([glob.replaceAll(/\*+/g, "*")], "match")
    : [regionOf(glob ?? "expression", undefined, EVERYTHING)];
  for (const { text, own } of regions) {
    if (!own) denyEntry(place, "images", `${text} cannot be said here`);
  }
  return { regions, except: [] };
}

function judgeMode(spec: JsonObject, { book, where }: EntryPlace): void {
  const actions = listAt(spec, "validationActions");
  const settings = objectAt(spec, "validationConfigurations");
  const isOpen = memberAt(settings, "required") === false || memberAt(settings, "verifyDigest") === false;
  const lax = [
    ...(actions.includes("Deny") || actions.length === 0 ? [] : ["validationActions without Deny"]),
    ...(textAt(spec, "failurePolicy") === "Ignore" ? ["failurePolicy Ignore"] : []),
    ...(isOpen ? ["required or verifyDigest false"] : []),
    ...(memberAt(spec, "matchConditions") === undefined ? [] : ["matchConditions"]),
  ];
  if (lax.length === 0) return;
  book.loss(where, {
    field: "mode",
    kind: "narrowed",
    effect: `${lax.join(", ")} admit more there; here all is enforced for every object`,
    remedy: "Write enforcement.namespaces with mode audit and an end.",
  });
}

/** All validations hold; each has to be a count of attestors. */
function readValidations(texts: readonly string[], spec: JsonObject, place: EntryPlace): Requirement | undefined {
  const parts = texts.map((text): Requirement | undefined => {
    const count = parseCount(text);
    if (!count) return denyEntry(place, "where", "a validation in CEL that is not evaluated here");
    const missing = CONTAINER_LISTS.filter((list) => !count.lists.includes(list));
    if (missing.length > 0) {
      place.book.loss(place.where, {
        field: "match",
        kind: "narrowed",
        effect: `${missing.join(" and ")} are not looked at there; here they are`,
        remedy: "Nothing: all images run.",
      });
    }
    const terms = count.calls.flatMap((call) => readCall(call, spec, place));
    const [only, ...others] = terms;
    return only && others.length === 0 ? only : only && { op: "any", of: terms };
  });
  if (parts.includes(undefined) || parts.length === 0) return undefined;
  const all = parts.flatMap((part) => part ?? []);
  const [only, ...others] = all;
  return only && others.length === 0 ? only : { op: "all", of: all };
}

function readCall(call: CountCall, spec: JsonObject, place: EntryPlace): readonly Requirement[] {
  const attestation = objectsAt(spec, "attestations").find(
    (one) => call.kind === "attestations" && textAt(one, "name") === call.attestation,
  );
  const predicateType = textAt(objectAt(attestation, "intoto"), "type");
  const isUnknown =
    call.kind === "attestations" &&
    (predicateType === undefined || strangersOf(attestation ?? {}, ["name", "intoto"]).length > 0);
  if (isUnknown) return denyEntry(place, "where", "an attestation that is no in-toto statement") ?? [];
  if (call.kind === "signatures") tellSignatures(place);
  return call.attestors.flatMap((name): readonly Requirement[] => {
    const attestor = objectsAt(spec, "attestors").find((one) => textAt(one, "name") === name);
    const authority = attestor ? readAttestor(attestor, place) : undefined;
    if (!authority) return [];
    const by = place.book.authority(name, authority);
    if (predicateType === undefined) return [{ op: "signature", by, on: "subject" }];
    return [{ op: "attestation", by, predicateType, where: [], on: "subject" }];
  });
}

/** With bundles, any statement of the signer is a signature there (Kyverno `VerifyImageSignature`). */
function tellSignatures({ book, where }: EntryPlace): void {
  book.loss(where, {
    field: "signature",
    kind: "narrowed",
    effect: "any bundle of the signer counts as a signature there; here only a signature does",
    remedy: "Sign the images.",
  });
}

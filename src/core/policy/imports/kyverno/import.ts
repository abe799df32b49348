import { isJsonObject, type JsonObject } from "../../../json/json.ts";
import type { ExchangeContext } from "../../exports/engine.ts";
import type { Requirement } from "../../trust-policy.ts";
import { openBook } from "../book.ts";
import type { ImportBook, Imported, ImportedRule, ImportFormat } from "../imported.ts";
import { listAt, memberAt, objectAt, objectsAt, strangersOf, textAt, textsAt } from "../members.ts";
import { isNowhere, toFamilies } from "../regions.ts";
import { toPolicy } from "../to-policy.ts";
import { COSIGN_SIGN } from "../policy-controller/authority.ts";
import { denyEntry, readEntry, type EntryPlace } from "./attestors.ts";
import { parseConditions } from "./conditions.ts";
import { mayBeUnmatched } from "./unmatched.ts";
import { isTagsOnly, printReference, toReferenceRegions } from "./region.ts";

/** An issuer whom nobody can be of: what has to be signed by it is denied. */
export const NOBODY = "https://nobody.invalid";

/** Kyverno `ClusterPolicy` with `verifyImages`: every entry that matches an image holds; images of no entry are admitted. */
export const kyvernoImport: ImportFormat = {
  id: "kyverno",
  import: (documents, context): Imported => {
    const book = openBook();
    const policies = documents.flatMap(({ value }) =>
      isJsonObject(value) && ["ClusterPolicy", "Policy"].includes(textAt(value, "kind") ?? "") ? [value] : [],
    );
    const rules = policies.flatMap((policy) => readPolicy(policy, book, context));
    if (mayBeUnmatched(rules, context.patterns)) admitsRest(book);
    return toPolicy(toFamilies(rules, { printing: printReference, patterns: context.patterns, book }), book);
  },
};

function readPolicy(policy: JsonObject, book: ImportBook, context: ExchangeContext): readonly ImportedRule[] {
  const name = textAt(objectAt(policy, "metadata"), "name") ?? "unnamed";
  const where = `ClusterPolicy ${name}`;
  const spec = objectAt(policy, "spec");
  const byDefault = textAt(spec, "validationFailureAction") ?? "Audit";
  return objectsAt(spec, "rules").flatMap((rule) => {
    judgeReach(rule, where, book);
    return objectsAt(rule, "verifyImages").map((entry): ImportedRule => {
      const place: EntryPlace = {
        book,
        context,
        where,
        format: textAt(entry, "type") === "SigstoreBundle" ? "bundle" : "legacy",
      };
      judgeMode(entry, byDefault, place);
      const references = textsAt(entry, "imageReferences");
      const regions = toReferenceRegions(references, "match");
      const require = readVerify(entry, place);
      if (require) judgeRegions(references, regions, place);
      return {
        name: textAt(rule, "name") ?? name,
        regions,
        except: toReferenceRegions(textsAt(entry, "skipImageReferences"), "skip"),
        require,
      };
    });
  });
}

/** A rule for some objects only is asked of all here. */
function judgeReach(rule: JsonObject, where: string, book: ImportBook): void {
  const kinds = objectsAt(objectAt(rule, "match"), "any").flatMap((one) =>
    textsAt(objectAt(one, "resources"), "kinds"),
  );
  const narrowing = strangersOf(rule, ["name", "match", "verifyImages", "skipBackgroundRequests"]);
  if (kinds.join() === "Pod" && narrowing.length === 0) return;
  book.loss(where, {
    field: "match",
    kind: "narrowed",
    effect: `the rule is for ${kinds.join(", ") || "some objects"}${narrowing.length > 0 ? ` with ${narrowing.join(", ")}` : ""}; here it holds for all`,
    remedy: "Nothing: an image that may not run in one object may not run in another.",
  });
}

function judgeMode(entry: JsonObject, byDefault: string, { book, where }: EntryPlace): void {
  const action = textAt(entry, "failureAction") ?? byDefault;
  const isOpen = memberAt(entry, "required") === false || memberAt(entry, "verifyDigest") === false;
  if (action.toLowerCase() === "enforce" && !isOpen) return;
  book.loss(where, {
    field: "mode",
    kind: "narrowed",
    effect: isOpen
      ? "required or verifyDigest is false; here both hold"
      : `failureAction ${action} admits everything; here it is enforced`,
    remedy: "Write enforcement.namespaces with mode audit and an end.",
  });
}

function judgeRegions(texts: readonly string[], regions: ImportedRule["regions"], { book, where }: EntryPlace): void {
  for (const region of regions) {
    const { text, own } = region;
    const tags = own && isTagsOnly(text, texts);
    if (own && !tags && !isNowhere(region)) continue;
    book.loss(where, {
      field: "images",
      kind: own ? "narrowed" : "denied",
      effect: tags
        ? `${text} sees no digests: they pass there and are judged here`
        : `${text} cannot be said here: its images are denied`,
      remedy: "Write a host, and ** last.",
    });
  }
}

/** Attestors and attestations of an entry all hold; with neither, nothing is asked, and nobody is let in here. */
function readVerify(entry: JsonObject, place: EntryPlace): Requirement | undefined {
  const known = [
    "type",
    "imageReferences",
    "skipImageReferences",
    "failureAction",
    "attestors",
    "attestations",
    "mutateDigest",
    "verifyDigest",
    "required",
    "useCache",
  ];
  const strange = strangersOf(entry, known);
  const type = textAt(entry, "type") ?? "Cosign";
  if (strange.length > 0 || !["Cosign", "SigstoreBundle"].includes(type)) {
    return denyEntry(place, "notation", `${strange.join(", ") || `type ${type}`} is not understood`);
  }
  const attestors = objectsAt(entry, "attestors").map((one) =>
    readAttestor(one, place, (by) => ({ op: "signature", by, on: "subject" })),
  );
  const isUnsignable = attestors.length > 0 && place.format === "bundle";
  if (isUnsignable) return denyEntry(place, "signature", "plain signatures in bundles are attestations there");
  const attestations = objectsAt(entry, "attestations").map((one) => readAttestation(one, place));
  const all = [...attestors, ...attestations];
  if (all.length === 0) return denyEntry(place, "require", "an entry that verifies nothing");
  return allOf(all);
}

function allOf(parts: readonly (Requirement | undefined)[]): Requirement | undefined {
  if (parts.includes(undefined)) return undefined;
  const all = parts.flatMap((part) => part ?? []);
  const [only, ...others] = all;
  return only && others.length === 0 ? only : { op: "all", of: all };
}

type ToTerm = (by: string) => Requirement;

/** Without a count, every entry has to be met. */
function readAttestor(attestor: JsonObject, place: EntryPlace, toTerm: ToTerm): Requirement | undefined {
  const entries = listAt(attestor, "entries").flatMap((entry) =>
    isJsonObject(entry) ? readNested(entry, place, toTerm) : [undefined],
  );
  const given = memberAt(attestor, "count");
  const count = typeof given === "number" ? given : entries.length;
  const parts = entries.flatMap((entry) => entry ?? []);
  if (count < 1 || parts.length < count) return undefined;
  const [only, ...others] = parts;
  if (only && others.length === 0) return only;
  return count === parts.length
    ? { op: "all", of: parts }
    : count === 1
      ? { op: "any", of: parts }
      : { op: "atLeast", n: count, of: parts };
}

function readNested(entry: JsonObject, place: EntryPlace, toTerm: ToTerm): readonly (Requirement | undefined)[] {
  if (memberAt(entry, "attestor") !== undefined) return [readAttestor(objectAt(entry, "attestor"), place, toTerm)];
  return readEntry(entry, place).map((authority) => {
    if (!authority || isNobody(authority)) return undefined;
    return toTerm(place.book.authority(place.where.split(" ")[1] ?? "", authority));
  });
}

function isNobody(authority: NonNullable<ReturnType<typeof readEntry>[number]>): boolean {
  return (
    authority.kind === "sigstore" &&
    authority.identities.every(({ issuer }) => issuer.kind === "exact" && issuer.text === NOBODY)
  );
}

function readAttestation(attestation: JsonObject, place: EntryPlace): Requirement | undefined {
  const predicateType = textAt(attestation, "type") ?? textAt(attestation, "predicateType") ?? "";
  const where = parseConditions(listAt(attestation, "conditions"));
  if (!where)
    return denyEntry(place, "where", `the conditions on ${predicateType} are JMESPath that is not evaluated here`);
  const attestors = objectsAt(attestation, "attestors");
  if (attestors.length === 0 || predicateType === "") return denyEntry(place, "require", "an attestation by anybody");
  const isSignature = predicateType === COSIGN_SIGN && place.format === "bundle" && where.length === 0;
  return allOf(
    attestors.map((one) =>
      readAttestor(one, place, (by) =>
        isSignature
          ? { op: "signature", by, on: "subject" }
          : { op: "attestation", by, predicateType, where, on: "subject" },
      ),
    ),
  );
}

/** Kyverno admits images that no entry matches, unless entries that let nobody in have all the rest. */
function admitsRest(book: ImportBook): void {
  book.loss("all rules", {
    field: "default",
    kind: "narrowed",
    effect: "images that no entry matches are admitted there and denied here",
    remedy: "Write families for them.",
  });
}

import { isJsonObject, type JsonObject } from "../../../json/json.ts";
import { openBook } from "../book.ts";
import type { ImportBook, Imported, ImportedRule, ImportFormat } from "../imported.ts";
import { memberAt, objectAt, objectsAt, strangersOf, textAt } from "../members.ts";
import { isNowhere, toFamilies } from "../regions.ts";
import { toPolicy } from "../to-policy.ts";
import { readAuthority } from "./authority.ts";
import { printGlob, toGlobRegion } from "./region.ts";
import type { Reader } from "./reader.ts";
import { readTrustRoots } from "./trust-roots.ts";

/**
 * sigstore policy-controller: ClusterImagePolicy and TrustRoot objects. Every ClusterImagePolicy that matches an image
 * holds, one authority of each is enough (policy-controller `pkg/webhook/validator.go`).
 */
export const policyControllerImport: ImportFormat = {
  id: "policy-controller",
  import: (documents, context): Imported => {
    const book = openBook();
    const objects = documents.flatMap(({ value }) => (isJsonObject(value) ? [value] : []));
    const roots = readTrustRoots(
      objects.filter((object) => textAt(object, "kind") === "TrustRoot"),
      context,
    );
    const rules = objects
      .filter((object) => textAt(object, "kind") === "ClusterImagePolicy")
      .map((object) => readPolicy(object, { book, context, roots }));
    for (const object of objects) judgeConfig(object, book);
    return toPolicy(toFamilies(rules, { printing: printGlob, patterns: context.patterns, book }), book);
  },
};

function readPolicy(object: JsonObject, reader: Reader): ImportedRule {
  const name = textAt(objectAt(object, "metadata"), "name") ?? "unnamed";
  const where = `ClusterImagePolicy ${name}`;
  const spec = objectAt(object, "spec");
  const regions = objectsAt(spec, "images").map((image) => toGlobRegion(textAt(image, "glob") ?? ""));
  for (const region of regions) judgeRegion(region, where, reader.book);
  judgeMode(spec, where, reader.book);
  const strange = strangersOf(spec, ["images", "authorities", "mode", "match", "policy"]);
  if (memberAt(spec, "policy") !== undefined || strange.length > 0) {
    reader.book.loss(where, {
      field: "where",
      kind: "denied",
      effect: `spec.${strange[0] ?? "policy"} is evaluated there and not understood here: its images are denied`,
      remedy: "Write the condition as where: of an attestation.",
    });
    return { name, regions, except: [], require: undefined };
  }
  const parts = objectsAt(spec, "authorities").flatMap(
    (authority, i) => readAuthority(authority, { ...reader, where, i }) ?? [],
  );
  const [only, ...others] = parts;
  return {
    name,
    regions,
    except: [],
    require: only && others.length === 0 ? only : only && { op: "any", of: parts },
  };
}

function judgeRegion(region: ReturnType<typeof toGlobRegion>, where: string, book: ImportBook): void {
  if (isNowhere(region)) {
    book.loss(where, {
      field: "images",
      kind: "narrowed",
      effect: `glob ${region.text} matches no image there: what is judged is host/path@digest`,
      remedy: "Write the glob without a tag, with its host.",
    });
  } else if (!region.own) {
    book.loss(where, {
      field: "images",
      kind: "denied",
      effect: `glob ${region.text} cannot be said here: its images are denied`,
      remedy: "Write a host, and ** last.",
    });
  }
}

function judgeMode(spec: JsonObject, where: string, book: ImportBook): void {
  if (textAt(spec, "mode") === "warn") {
    book.loss(where, {
      field: "mode",
      kind: "narrowed",
      effect: "mode warn admits everything with a warning; here it is enforced",
      remedy: "Write enforcement.namespaces with mode audit and an end.",
    });
  }
  if (objectsAt(spec, "match").length > 0) {
    book.loss(where, {
      field: "match",
      kind: "narrowed",
      effect: "the policy is for some kinds of objects only; here it holds for all",
      remedy: "Nothing: an image that may not run in one kind may not run in another.",
    });
  }
}

/** Images that no policy matches: denied unless the ConfigMap says otherwise. */
function judgeConfig(object: JsonObject, book: ImportBook): void {
  if (textAt(object, "kind") !== "ConfigMap") return;
  const unmatched = textAt(objectAt(object, "data"), "no-match-policy");
  if (unmatched === undefined || unmatched === "deny") return;
  book.loss("ConfigMap config-policy-controller", {
    field: "default",
    kind: "narrowed",
    effect: `no-match-policy ${unmatched} admits images that no policy matches; here they are denied`,
    remedy: "Write families for them.",
  });
}

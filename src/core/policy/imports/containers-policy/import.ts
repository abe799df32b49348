import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../../json/json.ts";
import type { Requirement } from "../../trust-policy.ts";
import { openBook } from "../book.ts";
import type { Imported, ImportFormat } from "../imported.ts";
import { memberAt, objectAt, strangersOf, textAt, textsAt } from "../members.ts";
import { toFamilies } from "../regions.ts";
import { printScoped, toScopeRules, type Scoped } from "../scopes.ts";
import { decodeAll, denySigned, readSigned, type SignedBy, type SignedPlace } from "../sigstore-signed.ts";
import { toPolicy } from "../to-policy.ts";

/** containers `policy.json` for registries: requirements of a scope all hold, the most specific scope alone. */
export const containersPolicyImport: ImportFormat = {
  id: "containers-policy",
  import: (documents, context): Imported => {
    const book = openBook();
    const policies = documents.flatMap(({ value }) =>
      isJsonObject(value) && (memberAt(value, "transports") !== undefined || memberAt(value, "default") !== undefined)
        ? [value]
        : [],
    );
    const scoped = policies.flatMap((policy) => {
      judgeDefault(policy, { book, context, where: "policy.json" });
      return Object.entries(objectAt(objectAt(policy, "transports"), "docker"))
        .filter(([scope]) => scope !== "")
        .map(([scope, list]) => readScope(scope, list, { book, context, where: `scope ${scope}` }));
    });
    const rules = toScopeRules(scoped, book);
    return toPolicy(toFamilies(rules, { printing: printScoped, patterns: context.patterns, book }), book);
  },
};

/** Images of no scope, by the transport or for all. */
function judgeDefault(policy: JsonObject, { book, where }: SignedPlace): void {
  const docker = memberAt(objectAt(objectAt(policy, "transports"), "docker"), "");
  const list = docker ?? memberAt(policy, "default");
  if (isJsonArray(list) && list.some((one) => textAt(one, "type") === "reject")) return;
  book.loss(where, {
    field: "default",
    kind: "narrowed",
    effect: "images of no scope are admitted there, or judged by one requirement; here they are denied",
    remedy: "Write families for them.",
  });
}

function readScope(scope: string, list: JsonValue, place: SignedPlace): Scoped {
  const name = `scope ${scope}`;
  const parts = (isJsonArray(list) ? list : []).map((one) => readRequirement(isJsonObject(one) ? one : {}, place));
  const identity = parts.some((part) => part?.reference === "repository");
  if (parts.includes(undefined) || parts.length === 0) return { name, scope, require: undefined };
  const all = parts.flatMap((part) => part?.require ?? []);
  const [only, ...others] = all;
  const require: Requirement | undefined = only && others.length === 0 ? only : { op: "all", of: all };
  return { name, scope, require, ...(identity && { reference: "repository" }) };
}

type Read = { readonly require: Requirement; readonly reference?: "repository" };

function readRequirement(item: JsonObject, place: SignedPlace): Read | undefined {
  const type = textAt(item, "type") ?? "";
  if (type === "reject") return undefined;
  if (type !== "sigstoreSigned") return denySigned(place, "require", `${type} is no signature of Sigstore`);
  const known = [
    "type",
    "keyData",
    "keyDatas",
    "fulcio",
    "rekorPublicKeyData",
    "rekorPublicKeyDatas",
    "signedIdentity",
  ];
  const strange = strangersOf(item, known);
  if (strange.length > 0)
    return denySigned(place, "identities", `${strange.join(", ")}: files, or settings that are not understood`);
  const identity = textAt(objectAt(item, "signedIdentity"), "type") ?? "matchRepoDigestOrExact";
  if (!["matchRepository", "matchRepoDigestOrExact"].includes(identity)) {
    return denySigned(place, "claims", `signedIdentity ${identity} takes a name that is not the image's`);
  }
  const signed = readRoots(item);
  if (!signed) return denySigned(place, "identities", "roots that lie in files, or are no base64");
  const authorities = readSigned(signed, place);
  if (!authorities) return undefined;
  const terms = authorities.map((authority): Requirement => {
    const by = place.book.authority(place.where, authority);
    return { op: "signature", by, on: "subject" };
  });
  const [only, ...others] = terms;
  return { require: only && others.length === 0 ? only : { op: "any", of: terms }, reference: "repository" };
}

function readRoots(item: JsonObject): SignedBy | undefined {
  const keys = decodeAll([textAt(item, "keyData"), ...textsAt(item, "keyDatas")]);
  const rekorKeys = decodeAll([textAt(item, "rekorPublicKeyData"), ...textsAt(item, "rekorPublicKeyDatas")]);
  const fulcio = readFulcio(item);
  if (!keys || !rekorKeys || fulcio === "unknown") return undefined;
  return { keys, rekorKeys, ...(fulcio && { fulcio }) };
}

function readFulcio(item: JsonObject): SignedBy["fulcio"] | "unknown" {
  if (memberAt(item, "fulcio") === undefined) return undefined;
  const fulcio = objectAt(item, "fulcio");
  const [ca] = decodeAll([textAt(fulcio, "caData")]) ?? [];
  const [issuer, email] = [textAt(fulcio, "oidcIssuer"), textAt(fulcio, "subjectEmail")];
  const isWhole = strangersOf(fulcio, ["caData", "oidcIssuer", "subjectEmail"]).length === 0;
  return isWhole && ca !== undefined && issuer !== undefined && email !== undefined ? { ca, issuer, email } : "unknown";
}

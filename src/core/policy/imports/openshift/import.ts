import { isJsonObject, type JsonObject } from "../../../json/json.ts";
import type { ExchangeContext } from "../../exports/engine.ts";
import type { Requirement } from "../../trust-policy.ts";
import { openBook } from "../book.ts";
import type { ImportBook, Imported, ImportFormat } from "../imported.ts";
import { objectAt, strangersOf, textAt, textsAt } from "../members.ts";
import { toFamilies } from "../regions.ts";
import { printScoped, toScopeRules, type Scoped } from "../scopes.ts";
import { decodeAll, denySigned, readSigned, type SignedBy, type SignedPlace } from "../sigstore-signed.ts";
import { toPolicy } from "../to-policy.ts";

/** OpenShift ClusterImagePolicy and ImagePolicy (`config.openshift.io/v1`): the most specific scope holds alone. */
export const openshiftImport: ImportFormat = {
  id: "openshift",
  import: (documents, context): Imported => {
    const book = openBook();
    const objects = documents.flatMap(({ value }) => (isJsonObject(value) ? [value] : []));
    const ofKind = (kind: string) => objects.filter((object) => textAt(object, "kind") === kind);
    const cluster = ofKind("ClusterImagePolicy").flatMap((object) => readPolicy(object, book, context));
    const local = ofKind("ImagePolicy").flatMap((object) => readPolicy(object, book, context));
    const scoped = [...cluster, ...local.filter((one) => !isNested(one, cluster, book))];
    book.loss("all scopes", {
      field: "default",
      kind: "narrowed",
      effect:
        "images of no scope are admitted there, unless policy.json of the nodes says otherwise; here they are denied",
      remedy: "Write families for them.",
    });
    return toPolicy(
      toFamilies(toScopeRules(scoped, book), { printing: printScoped, patterns: context.patterns, book }),
      book,
    );
  },
};

/** A namespace's policy below a scope of the cluster is ignored; elsewhere it is for its namespace alone. */
function isNested({ name, scope }: Scoped, cluster: readonly Scoped[], book: ImportBook): boolean {
  const isBelow = cluster.some((other) => scope === other.scope || scope.startsWith(`${other.scope}/`));
  book.loss(name, {
    field: "match",
    kind: "narrowed",
    effect: isBelow
      ? `scope ${scope} lies below one of a ClusterImagePolicy and is ignored there; here too`
      : `scope ${scope} is for one namespace there; here for all`,
    remedy: isBelow ? "Write it into the ClusterImagePolicy." : "Nothing: other namespaces are denied more.",
  });
  return isBelow;
}

function readPolicy(object: JsonObject, book: ImportBook, context: ExchangeContext): readonly Scoped[] {
  const name = `${textAt(object, "kind") ?? ""} ${textAt(objectAt(object, "metadata"), "name") ?? "unnamed"}`;
  const spec = objectAt(object, "spec");
  const place: SignedPlace = { book, context, where: name };
  const require = readRequirement(objectAt(spec, "policy"), place);
  return textsAt(spec, "scopes").map((scope): Scoped => ({
    name,
    scope,
    require,
    ...(require && { reference: "repository" }),
  }));
}

function readRequirement(policy: JsonObject, place: SignedPlace): Requirement | undefined {
  const matching = textAt(objectAt(policy, "signedIdentity"), "matchPolicy") ?? "MatchRepoDigestOrExact";
  if (!["MatchRepository", "MatchRepoDigestOrExact"].includes(matching)) {
    return denySigned(place, "claims", `matchPolicy ${matching} takes a name that is not the image's`);
  }
  const signed = readRoot(objectAt(policy, "rootOfTrust"));
  if (!signed || strangersOf(policy, ["rootOfTrust", "signedIdentity"]).length > 0) {
    return denySigned(place, "identities", "a root of trust that is not understood");
  }
  const [authority] = readSigned(signed, place) ?? [];
  if (!authority) return undefined;
  return { op: "signature", by: place.book.authority(place.where.split(" ")[1] ?? "", authority), on: "subject" };
}

function readRoot(root: JsonObject): SignedBy | undefined {
  switch (textAt(root, "policyType") ?? "") {
    case "PublicKey": {
      const key = objectAt(root, "publicKey");
      const keys = decodeAll([textAt(key, "keyData")]);
      const rekorKeys = decodeAll([textAt(key, "rekorKeyData")]);
      return keys && rekorKeys && { keys, rekorKeys };
    }
    case "FulcioCAWithRekor": {
      const fulcio = objectAt(root, "fulcioCAWithRekor");
      const subject = objectAt(fulcio, "fulcioSubject");
      const [ca, log] = decodeAll([textAt(fulcio, "fulcioCAData"), textAt(fulcio, "rekorKeyData")]) ?? [];
      const [issuer, email] = [textAt(subject, "oidcIssuer"), textAt(subject, "signedEmail")];
      if (ca === undefined || log === undefined || issuer === undefined || email === undefined) return undefined;
      return { keys: [], rekorKeys: [log], fulcio: { ca, issuer, email } };
    }
    default:
      return undefined;
  }
}

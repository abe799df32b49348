import { nodeAt } from "../../../pipelines/definitions/source-node.ts";
import { allOf, NEVER_MET, NOTHING_NEEDED, type Need } from "../../form/need.ts";
import type { Rule, System } from "../../form/system.ts";
import { anyText } from "../../form/text-language.ts";
import { choiceIn, EVERYWHERE, textIn, toZone, type Literal, type Zone } from "../../form/zone.ts";
import type { Field, GateDocument } from "../field.ts";
import { renderNode } from "../object.ts";
import type { GateReader, Reading } from "../reading.ts";
import { imagesOf, imagesOfScope, isBefore } from "./scope.ts";
import { presentIn, readSignedBy } from "./signed-by.ts";

/**
 * containers `policy.json`: all requirements of the most specific scope hold, those of no other. Images of registries are
 * compared by what they are called; of other transports, what the two sides name.
 */
export const containersReader: GateReader = {
  engine: "containers",
  name: "containers",
  claims: isPolicyJson,
  founds: isPolicyJson,
  read: (reading): System => {
    const nowhere = { file: "", document: 0, pointer: "", line: 1 };
    return {
      id: reading.id,
      engine: "containers",
      rules: reading.documents.flatMap((document) => readPolicy(document, reading)),
      unmatched: { kind: "deny", origin: nowhere },
      reach: [{ zones: reachOf(reading), onError: "deny", origin: nowhere }],
      images: imagesOf(reading.patterns),
      opaque: reading.opaqueTexts,
    };
  },
};

function isPolicyJson({ root }: GateDocument): boolean {
  return (
    nodeAt(root, "kind") === undefined &&
    nodeAt(root, "default")?.kind === "list" &&
    [undefined, "map"].includes(nodeAt(root, "transports")?.kind)
  );
}

/** Transports that one of the sides names, registries always. */
function transportsOf({ documents, other }: Reading): readonly string[] {
  const named = [...documents, ...other].flatMap(({ root }) => {
    const transports = nodeAt(root, "transports");
    return transports?.kind === "map" ? [...transports.fields.keys()] : [];
  });
  return [...new Set(["docker", ...named])].toSorted();
}

function reachOf(reading: Reading): readonly Zone[] {
  return [toZone(choiceIn("transport", transportsOf(reading))) ?? EVERYWHERE];
}

function readPolicy(document: GateDocument, reading: Reading): readonly Rule[] {
  const root = reading.open(document).only("default", "transports");
  const transports = root.at("transports");
  const named = transports.members();
  const fallback = readRequirements(root.at("default"), reading);
  return transportsOf(reading).flatMap((transport) => {
    const scopes = named.find(([name]) => name === transport)?.[1].members() ?? [];
    const byDefault = scopes.find(([scope]) => scope === "");
    const own = scopes.filter(([scope]) => scope !== "");
    const names = own.map(([scope]) => scope);
    return [
      ...own.map(([scope, field]) =>
        toRule(`scope ${scope}`, field, {
          need: readRequirements(field, reading),
          where: [choiceIn("transport", [transport]), scopeIn(scope, { transport, reading })],
          except: names
            .filter((name) => transport === "docker" && isBefore(name, scope))
            .map((name) => scopeIn(name, { transport, reading })),
        }),
      ),
      toRule("default", byDefault?.[1] ?? root.at("default"), {
        need: byDefault ? readRequirements(byDefault[1], reading) : fallback,
        where: [choiceIn("transport", [transport])],
        except: names.map((name) => scopeIn(name, { transport, reading })),
      }),
    ];
  });
}

function scopeIn(
  scope: string,
  { transport, reading }: { readonly transport: string; readonly reading: Reading },
): Literal {
  if (transport !== "docker") return choiceIn("scope", [scope]);
  return textIn("image", imagesOfScope(scope, reading.patterns));
}

type RuleParts = { readonly need: Need; readonly where: readonly Literal[]; readonly except: readonly Literal[] };

function toRule(name: string, { origin }: Field, { need, where, except }: RuleParts): Rule {
  const zone = toZone(...where);
  const images = anyText(except.flatMap(({ set }) => (set.kind === "text" ? set.inside : [])));
  const others = except.filter(({ set }) => set.kind !== "text");
  const taken = [...(images.ok ? [textIn("image", images.value)] : []), ...others];
  return {
    name,
    where: zone ? [zone] : [],
    except: taken.flatMap((literal) => toZone(literal) ?? []),
    need,
    mode: "deny",
    origin,
  };
}

function readRequirements(list: Field, reading: Reading): Need {
  const items = list.items();
  // A list without requirements is refused by the engine.
  if (items.length === 0) return NEVER_MET;
  return allOf(items.map((item) => readRequirement(item, reading)));
}

function readRequirement(item: Field, reading: Reading): Need {
  const type = item.at("type").text() ?? "";
  switch (type) {
    case "insecureAcceptAnything":
      item.only("type");
      return NOTHING_NEEDED;
    case "reject":
      item.only("type");
      return NEVER_MET;
    case "signedBy":
      item.only("type", "keyType", "keyPath", "keyPaths", "keyData", "signedIdentity");
      return readSimple(item, reading);
    case "sigstoreSigned":
      return readSigstore(item, reading);
    default:
      item.at("type").problem(`requirement ${type.slice(0, 64)} is not known`);
      return NEVER_MET;
  }
}

/** GPG: the keyring is one predicate, by its text or its path. */
function readSimple(item: Field, reading: Reading): Need {
  const zone = toZone(reading.opaque("gpg", renderNode(item.node), item.origin));
  return zone ? { op: "some", box: { key: renderNode(item.node), zone, origin: item.origin } } : NEVER_MET;
}

function readSigstore(item: Field, reading: Reading): Need {
  item.only(
    "type",
    "keyPath",
    "keyPaths",
    "keyData",
    "keyDatas",
    "fulcio",
    "pki",
    "rekorPublicKeyPath",
    "rekorPublicKeyPaths",
    "rekorPublicKeyData",
    "rekorPublicKeyDatas",
    "signedIdentity",
  );
  const fulcio = item.at("fulcio").only("caPath", "caData", "oidcIssuer", "subjectEmail");
  const pki = item.at("pki");
  const paths = ["keyPath", "keyPaths", "rekorPublicKeyPath", "rekorPublicKeyPaths"].flatMap((name) =>
    presentIn(item.at(name)),
  );
  return readSignedBy(
    {
      keys: [...presentIn(item.at("keyData")), ...item.at("keyDatas").items()],
      rekorKeys: [...presentIn(item.at("rekorPublicKeyData")), ...item.at("rekorPublicKeyDatas").items()],
      cas: presentIn(fulcio.at("caData")),
      paths: [...paths, ...presentIn(fulcio.at("caPath")), ...presentIn(pki)],
      ...(fulcio.present && { issuer: fulcio.at("oidcIssuer"), email: fulcio.at("subjectEmail") }),
    },
    readSignedIdentity(item.at("signedIdentity"), reading),
    reading,
  );
}

/** The name that was signed: how near it has to be to the image's (containers-image `signature/policy_reference_match.go`). */
function readSignedIdentity(identity: Field, reading: Reading): readonly Literal[] {
  const type = identity.at("type").text() ?? "matchRepoDigestOrExact";
  switch (type) {
    case "matchExact":
      return nameStrength("repository", "tag", "digestTag");
    case "matchRepoDigestOrExact":
      return nameStrength("repository", "tag");
    case "matchRepository":
      return nameStrength("repository");
    case "exactReference":
    case "exactRepository":
    case "remapIdentity":
      return [reading.opaque("signedIdentity", renderNode(identity.node), identity.origin)];
    default:
      identity.problem(`signedIdentity ${type.slice(0, 64)} is not known`);
      return [];
  }
}

/** Of the signed name, these parts are the image's; each policy asks for more than the next. */
export function nameStrength(...parts: readonly string[]): readonly Literal[] {
  return parts.map((part) => choiceIn(`strength:name-${part}`, ["true"]));
}

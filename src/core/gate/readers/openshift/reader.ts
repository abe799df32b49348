import { NEVER_MET, type Need } from "../../form/need.ts";
import type { Rule, System } from "../../form/system.ts";
import { anyText, exactText } from "../../form/text-language.ts";
import { EVERYWHERE, textIn, toZone, type Literal, type Zone } from "../../form/zone.ts";
import { nameStrength } from "../containers/reader.ts";
import { imagesOf, imagesOfScope, isBefore } from "../containers/scope.ts";
import { presentIn, readSignedBy } from "../containers/signed-by.ts";
import type { Field, GateDocument } from "../field.ts";
import { headOf, isOfKind, OBJECT_FIELDS, renderNode } from "../object.ts";
import type { GateReader, Reading } from "../reading.ts";

/**
 * OpenShift ClusterImagePolicy and ImagePolicy (`config.openshift.io/v1`): the most specific scope holds alone; a
 * namespace's policy below a scope of the cluster is ignored. Images of no scope are let in.
 */
export const openshiftReader: GateReader = {
  engine: "openshift",
  name: "openshift",
  claims: (document) => isPolicy(document) || isRegistries(document),
  founds: (document) => isPolicy(document) || isRegistries(document),
  read: (reading): System => {
    const nowhere = { file: "", document: 0, pointer: "", line: 1 };
    const read = reading.documents.filter(isPolicy).flatMap((document) => readPolicy(document, reading));
    const scoped = read.filter((one) => hasEffect(one, read, reading));
    return {
      id: reading.id,
      engine: "openshift",
      rules: [
        ...scoped.flatMap((one) => toRules(one, scoped, reading)),
        ...reading.documents.filter(isRegistries).flatMap((document) => readRegistries(document, reading)),
      ],
      unmatched: { kind: "admit", origin: nowhere },
      reach: [{ zones: [EVERYWHERE], onError: "deny", origin: nowhere }],
      images: imagesOf(reading.patterns),
      opaque: reading.opaqueTexts,
    };
  },
};

function isPolicy(document: GateDocument): boolean {
  return isOfKind(document, "config.openshift.io", "ClusterImagePolicy", "ImagePolicy");
}

function isRegistries(document: GateDocument): boolean {
  return isOfKind(document, "config.openshift.io", "Image") && headOf(document).name === "cluster";
}

type Scoped = {
  readonly name: string;
  /** Absent: for all namespaces. */
  readonly namespace?: string;
  readonly scope: string;
  readonly need: Need;
  readonly field: Field;
};

function readPolicy(document: GateDocument, reading: Reading): readonly Scoped[] {
  const { kind, namespace, name } = headOf(document);
  const spec = reading
    .open(document)
    .only(...OBJECT_FIELDS)
    .at("spec")
    .only("scopes", "policy");
  const need = readNeed(spec.at("policy"), reading);
  return spec
    .at("scopes")
    .items()
    .map((field) => ({
      name: `${kind} ${name}`,
      ...(kind === "ImagePolicy" && { namespace }),
      scope: field.text() ?? "",
      need,
      field,
    }));
}

/** A policy of a namespace is ignored at and below a scope of the cluster. */
function hasEffect(one: Scoped, all: readonly Scoped[], reading: Reading): boolean {
  if (one.namespace === undefined) return true;
  const cluster = all.filter(({ namespace }) => namespace === undefined);
  const isIgnored = cluster.some(({ scope }) => scope === one.scope || isBefore(one.scope, scope));
  const message = `scope ${one.scope} lies below one of a ClusterImagePolicy: the object has no effect`;
  if (isIgnored) reading.note(one.field.origin, message);
  return !isIgnored;
}

function toRules(one: Scoped, all: readonly Scoped[], reading: Reading): readonly Rule[] {
  const zone = toZone(imageIn([one.scope], reading), ...namespaceIn(one));
  const inner = all.filter(
    (other) =>
      isBefore(other.scope, one.scope) &&
      (other.namespace === undefined || other.namespace === one.namespace || one.namespace === undefined),
  );
  return [
    {
      name: `${one.name}, scope ${one.scope}`,
      where: zone ? [zone] : [],
      except: inner.flatMap((other) => toZone(imageIn([other.scope], reading), ...namespaceIn(other)) ?? []),
      need: one.need,
      mode: "deny",
      origin: one.field.origin,
    },
  ];
}

function namespaceIn({ namespace }: Scoped): readonly Literal[] {
  return namespace === undefined ? [] : [textIn("namespace", exactText(namespace))];
}

function imageIn(scopes: readonly string[], { patterns }: Reading): Literal {
  const languages = anyText(scopes.map((scope) => imagesOfScope(scope, patterns)));
  return textIn("image", languages.ok ? languages.value : exactText(""));
}

function readNeed(policy: Field, reading: Reading): Need {
  policy.only("rootOfTrust", "signedIdentity");
  const root = policy.at("rootOfTrust").only("policyType", "publicKey", "fulcioCAWithRekor", "pki");
  const identity = readIdentity(policy.at("signedIdentity"), reading);
  const type = root.at("policyType").text() ?? "";
  switch (type) {
    case "PublicKey": {
      const key = root.at("publicKey").only("keyData", "rekorKeyData");
      const of = {
        keys: presentIn(key.at("keyData")),
        rekorKeys: presentIn(key.at("rekorKeyData")),
        cas: [],
        paths: [],
      };
      return readSignedBy(of, identity, reading);
    }
    case "FulcioCAWithRekor": {
      const fulcio = root.at("fulcioCAWithRekor").only("fulcioCAData", "rekorKeyData", "fulcioSubject");
      const subject = fulcio.at("fulcioSubject").only("oidcIssuer", "signedEmail");
      return readSignedBy(
        {
          keys: [],
          rekorKeys: presentIn(fulcio.at("rekorKeyData")),
          cas: presentIn(fulcio.at("fulcioCAData")),
          paths: [],
          issuer: subject.at("oidcIssuer"),
          email: subject.at("signedEmail"),
        },
        identity,
        reading,
      );
    }
    case "PKI":
      return readSignedBy({ keys: [], rekorKeys: [], cas: [], paths: [root.at("pki")] }, identity, reading);
    default:
      root.problem(`policyType ${type.slice(0, 64)} is not known`);
      return NEVER_MET;
  }
}

/** The name that was signed, as `signedIdentity` of `policy.json` has it. */
function readIdentity(identity: Field, reading: Reading): readonly Literal[] {
  const policy = identity.at("matchPolicy").text() ?? "MatchRepoDigestOrExact";
  switch (policy) {
    case "MatchRepoDigestOrExact":
      return nameStrength("repository", "tag");
    case "MatchRepository":
      return nameStrength("repository");
    case "ExactRepository":
    case "RemapIdentity":
      return [reading.opaque("signedIdentity", renderNode(identity.node), identity.origin)];
    default:
      identity.problem(`matchPolicy ${policy.slice(0, 64)} is not known`);
      return [];
  }
}

/** `image.config`: registries that are blocked, or the only ones that are allowed, whatever signs their images. */
function readRegistries(document: GateDocument, reading: Reading): readonly Rule[] {
  const spec = reading
    .open(document)
    .only(...OBJECT_FIELDS)
    .at("spec");
  const sources = spec.at("registrySources");
  sources.only("allowedRegistries", "blockedRegistries", "insecureRegistries", "containerRuntimeSearchRegistries");
  const [allowed, blocked] = [sources.at("allowedRegistries").texts(), sources.at("blockedRegistries").texts()];
  const rule = (name: string, where: readonly Zone[], except: readonly Zone[]): Rule => ({
    name: `Image cluster, ${name}`,
    where,
    except,
    need: NEVER_MET,
    mode: "deny",
    origin: sources.origin,
  });
  const zoneOf = (scopes: readonly string[]): readonly Zone[] => {
    const zone = toZone(imageIn(scopes, reading));
    return scopes.length > 0 && zone ? [zone] : [];
  };
  return [
    ...(blocked.length > 0 ? [rule("blockedRegistries", zoneOf(blocked), [])] : []),
    ...(allowed.length > 0 ? [rule("allowedRegistries", [EVERYWHERE], zoneOf(allowed))] : []),
  ];
}

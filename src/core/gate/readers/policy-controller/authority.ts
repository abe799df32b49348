import { COSIGN_SIGN, SHORT_TYPES } from "../../../policy/imports/policy-controller/authority.ts";
import { allOf, anyOf, NEVER_MET, NOTHING_NEEDED, someOf, type Need, type Origin } from "../../form/need.ts";
import { exactText } from "../../form/text-language.ts";
import { choiceIn, narrow, textIn, toZone, type Literal, type Zone } from "../../form/zone.ts";
import { certificateAnchors, keyAnchors } from "../anchors.ts";
import type { Field } from "../field.ts";
import { readIdentity } from "../identity.ts";
import { renderNode } from "../object.ts";
import type { Reading } from "../reading.ts";
import { PUBLIC_ANCHORS, type TrustAnchors } from "./trust-root.ts";

/** What authorities are read against. */
export type AuthorityPlace = { readonly reading: Reading; readonly roots: ReadonlyMap<string, TrustAnchors> };

/** Reads one authority of a ClusterImagePolicy (policy-controller `pkg/apis/policy/v1beta1`, `pkg/webhook/validator.go`). */
export function readAuthority(authority: Field, place: AuthorityPlace): Need {
  authority.only(
    "name",
    "key",
    "keyless",
    "static",
    "source",
    "ctlog",
    "attestations",
    "rfc3161timestamp",
    "signatureFormat",
  );
  if (authority.at("static").present) return readStatic(authority.at("static"));
  // Where signatures are looked for changes nothing about whose they have to be: read, so that a typo is found.
  for (const source of authority.at("source").items()) source.only("oci", "signaturePullSecrets", "tag");
  const format = authority.at("signatureFormat").text() ?? "legacy";
  if (format !== "legacy" && format !== "bundle")
    authority.at("signatureFormat").problem(`${format.slice(0, 64)} is not legacy or bundle`);
  const signers = authority.at("keyless").present
    ? readKeyless(authority, format === "bundle", place)
    : readKey(authority.at("key"), place);
  const strength = readStrength(authority, place);
  const boxes = signers.flatMap(({ zone, origin }): readonly Signer[] => {
    const narrowed = narrow(zone, ...strength, choiceIn("form", [format]));
    return narrowed ? [{ zone: narrowed, origin }] : [];
  });
  return readEvidence(authority, { boxes, isBundle: format === "bundle", place });
}

function readStatic(field: Field): Need {
  const action = field.only("action", "message").at("action").text();
  if (action === "pass") return NOTHING_NEEDED;
  if (action !== "fail") field.problem("static.action is not pass or fail");
  return NEVER_MET;
}

/** The TrustRoot that is named, or the public good instance. */
function anchorsOf(holder: Field, { reading, roots }: AuthorityPlace): TrustAnchors {
  const ref = holder.at("trustRootRef");
  const name = ref.text();
  if (name === undefined) return PUBLIC_ANCHORS;
  const found = roots.get(name);
  if (found) return found;
  reading.unresolved(ref.origin, `TrustRoot ${name} is not in the tree`);
  const all = [`trust-root:${name}`];
  return { root: all, log: all, ctlog: all, tsa: all };
}

/** What the log and timestamps have to say. Without `ctlog` a key, or a root of one's own, is taken without a log. */
function readStrength(authority: Field, place: AuthorityPlace): readonly Literal[] {
  const [ctlog, tsa, keyless] = [authority.at("ctlog"), authority.at("rfc3161timestamp"), authority.at("keyless")];
  ctlog.only("url", "trustRootRef");
  tsa.only("trustRootRef");
  const isPublicLogged = keyless.present && !keyless.at("trustRootRef").present && !tsa.present;
  const isLogged = ctlog.present || isPublicLogged;
  return [
    ...(isLogged ? [choiceIn("strength:tlog", ["true"]), choiceIn("log", anchorsOf(ctlog, place).log)] : []),
    ...(tsa.present ? [choiceIn("strength:timestamp", ["true"]), choiceIn("tsa", anchorsOf(tsa, place).tsa)] : []),
  ];
}

/** Evidence by one signer, and where the policy names it. */
type Signer = { readonly zone: Zone; readonly origin: Origin };

function readKey(key: Field, { reading }: AuthorityPlace): readonly Signer[] {
  key.only("data", "kms", "secretRef", "hashAlgorithm");
  const reference = key.at("kms").present ? key.at("kms") : key.at("secretRef");
  if (reference.present)
    return signersOf(reference, reading.opaque("key", renderNode(reference.node), reference.origin));
  const anchors = keyAnchors(key.at("data").text() ?? "");
  if (!anchors) key.problem("an authority has neither a key in PEM, nor keyless, nor static");
  return anchors ? signersOf(key, choiceIn("root", anchors)) : [];
}

function signersOf({ origin }: Field, ...literals: readonly Literal[]): readonly Signer[] {
  const zone = toZone(...literals);
  return zone ? [{ zone, origin }] : [];
}

function readKeyless(authority: Field, isBundle: boolean, place: AuthorityPlace): readonly Signer[] {
  const keyless = authority.at("keyless");
  keyless.only("url", "identities", "trustRootRef", "ca-cert", "insecureIgnoreSCT");
  const isIgnored = keyless.at("insecureIgnoreSCT").flag() === true;
  const anchors = anchorsOf(keyless, place);
  const base = [
    ...readRoots(keyless, anchors, place),
    ...(isIgnored ? [] : [choiceIn("strength:sct", ["true"]), choiceIn("ctlog", anchors.ctlog)]),
  ];
  const identities = keyless.at("identities").items();
  if (identities.length === 0) keyless.problem("keyless without identities");
  // Several identities are an error there when the evidence is a bundle, so that nothing verifies.
  if (isBundle && identities.length > 1) {
    place.reading.note(keyless.origin, "several identities verify nothing when the evidence is a bundle");
    return [];
  }
  return identities.flatMap((identity) => {
    const zone = readIdentity(identity, isBundle ? "both-hold" : "expression-wins", place.reading);
    const narrowed = zone && narrow(zone, ...base);
    return narrowed ? [{ zone: narrowed, origin: identity.origin }] : [];
  });
}

function readRoots(keyless: Field, anchors: TrustAnchors, { reading }: AuthorityPlace): readonly Literal[] {
  const ca = keyless.at("ca-cert");
  if (!ca.present) return [choiceIn("root", anchors.root)];
  ca.only("data", "kms", "secretRef", "hashAlgorithm");
  const data = ca.at("data");
  if (!data.present) return [reading.opaque("key", renderNode(ca.node), ca.origin)];
  const given = certificateAnchors(data.text() ?? "");
  if (!given) data.problem("ca-cert is not certificates in PEM");
  return [choiceIn("root", given ?? [])];
}

type Signed = { readonly boxes: readonly Signer[]; readonly isBundle: boolean; readonly place: AuthorityPlace };

/** An authority with attestations checks no plain signature; all of its attestations have to pass. */
function readEvidence(authority: Field, signed: Signed): Need {
  const attestations = authority.at("attestations").items();
  if (attestations.length === 0) {
    // Plain signatures in bundles are not implemented there.
    if (signed.isBundle) return NEVER_MET;
    return toNeed(signed.boxes, [choiceIn("kind", ["image-signature"])]);
  }
  return allOf(attestations.map((attestation) => readAttestation(attestation, signed)));
}

function readAttestation(attestation: Field, { boxes, isBundle, place }: Signed): Need {
  attestation.only("name", "predicateType", "policy");
  const type = attestation.at("predicateType").text() ?? "";
  const isSignature = type === COSIGN_SIGN && isBundle;
  const kind = isSignature
    ? [choiceIn("kind", ["image-signature"])]
    : [choiceIn("kind", ["attestation"]), textIn("predicateType", exactText(SHORT_TYPES.get(type) ?? type))];
  return toNeed(boxes, [...kind, ...readPolicy(attestation.at("policy"), place.reading)]);
}

/** CUE or Rego over the statement, inline or from elsewhere: one predicate that nobody evaluates here. */
export function readPolicy(policy: Field, reading: Reading): readonly Literal[] {
  if (!policy.present) return [];
  policy.only(
    "type",
    "data",
    "url",
    "configMapRef",
    "remote",
    "fetchConfigFile",
    "includeSpec",
    "includeObjectMeta",
    "includeTypeMeta",
  );
  const remote = policy.at("remote").only("url", "sha256sum");
  if (remote.present && remote.at("sha256sum").text() === undefined) {
    reading.unresolved(remote.origin, "a policy by URL without sha256sum may change by itself");
  }
  const type = policy.at("type").text() ?? "";
  const data = policy.at("data").text();
  const rest = policy.members().filter(([name]) => name !== "type" && name !== "data");
  const more = rest.map(([name, { node }]) => `\n${name}: ${renderNode(node)}`).join("");
  return [reading.opaque(type, `${data ?? ""}${more}`, policy.origin)];
}

function toNeed(boxes: readonly Signer[], literals: readonly Literal[]): Need {
  return anyOf(
    boxes.flatMap(({ zone, origin }) => {
      const narrowed = narrow(zone, ...literals);
      return narrowed ? [someOf(narrowed, origin)] : [];
    }),
  );
}

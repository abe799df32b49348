import type { JsonObject } from "../../../json/json.ts";
import type { Authority, IdentityRule, KeyAuthority } from "../../trust-policy.ts";
import { readCosignIdentity } from "../cosign-identity.ts";
import { denyEntry, type EntryPlace } from "../kyverno/attestors.ts";
import {
  domainOfCertificates,
  logNames,
  promiseByKey,
  promiseOf,
  publicDomain,
  toCertificates,
  toKey,
  toSpkis,
} from "../material.ts";
import { memberAt, objectAt, objectsAt, strangersOf, textAt } from "../members.ts";

/** Reads an attestor of an ImageValidatingPolicy; evidence of either form counts. */
export function readAttestor(attestor: JsonObject, place: EntryPlace): Authority | undefined {
  const cosign = objectAt(attestor, "cosign");
  const strange = [...strangersOf(attestor, ["name", "cosign"]), ...strangersOf(cosign, ["key", "keyless", "ctlog"])];
  if (strange.length > 0)
    return denyEntry(place, "notation", `${strange.join(", ")} of attestor ${textAt(attestor, "name") ?? ""}`);
  const ctlog = objectAt(cosign, "ctlog");
  const isOff = memberAt(ctlog, "insecureIgnoreSCT") === true || memberAt(ctlog, "tsaCertChain") !== undefined;
  if (isOff) return denyEntry(place, "sct", "ctlog with insecureIgnoreSCT or tsaCertChain, which also open the log");
  return memberAt(cosign, "key") === undefined ? readKeyless(cosign, place) : readKey(cosign, place);
}

function readKey(cosign: JsonObject, place: EntryPlace): KeyAuthority | undefined {
  const key = objectAt(cosign, "key");
  const pem = textAt(key, "data");
  if (pem === undefined || strangersOf(key, ["data"]).length > 0) {
    return denyEntry(place, "identities", "a key that is not written in the policy");
  }
  const log = keyLog(objectAt(cosign, "ctlog"), place);
  if (log === "unknown") return denyEntry(place, "root", "the log of a key is not one of the configuration");
  return (
    toKey(pem, { formats: ["bundle", "legacy"], log }) ?? denyEntry(place, "identities", "a key that is none used here")
  );
}

function keyLog(ctlog: JsonObject, { context }: EntryPlace): KeyAuthority["log"] | "unknown" {
  if (memberAt(ctlog, "insecureIgnoreTlog") === true) return undefined;
  return promiseByKey(textAt(ctlog, "rekorPubKey"), context);
}

function readKeyless(cosign: JsonObject, place: EntryPlace): Authority | undefined {
  const keyless = objectAt(cosign, "keyless");
  const ctlog = objectAt(cosign, "ctlog");
  if (strangersOf(keyless, ["identities", "roots"]).length > 0) {
    return denyEntry(place, "extensions", "additionalExtensions are not understood");
  }
  if (memberAt(ctlog, "insecureIgnoreTlog") === true) return denyEntry(place, "log", "no log is required");
  const root = readRoot(textAt(keyless, "roots"), textAt(ctlog, "rekorPubKey"), place);
  if (!root) return denyEntry(place, "root", "its trust root, or its log, is not one of the configuration");
  const identities = objectsAt(keyless, "identities").flatMap((identity) => readIdentity(identity, place));
  if (identities.length === 0) return undefined;
  return {
    kind: "sigstore",
    root: root.name,
    identities,
    formats: ["bundle", "legacy"],
    log: promiseOf(root.logs),
    time: { sources: ["log"], min: 1, tsas: [] },
    sct: { kind: "required" },
  };
}

function readIdentity(identity: JsonObject, place: EntryPlace): readonly IdentityRule[] {
  const known = ["issuer", "issuerRegExp", "subject", "subjectRegExp"];
  const isKnown = strangersOf(identity, known).length === 0;
  const read = isKnown ? readCosignIdentity(identity, place.context.patterns) : undefined;
  return read ?? denyEntry(place, "identities", "an identity that is not understood") ?? [];
}

type Root = { readonly name: string; readonly logs: readonly string[] };

/** Without roots the public good instance; a trust domain of our own needs the key of its log as well. */
function readRoot(roots: string | undefined, log: string | undefined, { context }: EntryPlace): Root | undefined {
  const named =
    roots === undefined ? publicDomain(context) : domainOfCertificates(toCertificates(roots) ?? [], context);
  if (!named) return undefined;
  if (log === undefined) return named.domain.isPublic ? { name: named.name, logs: [] } : undefined;
  const logs = logNames(toSpkis(log) ?? [], named.domain);
  return logs && { name: named.name, logs };
}

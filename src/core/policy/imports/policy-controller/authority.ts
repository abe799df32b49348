import type { JsonObject } from "../../../json/json.ts";
import type {
  Authority,
  SigstoreLayout,
  IdentityRule,
  KeyAuthority,
  Requirement,
  SigstoreAuthority,
} from "../../trust-policy.ts";
import { readCosignIdentity } from "../cosign-identity.ts";
import { promiseOf, publicDomain, toKey } from "../material.ts";
import { memberAt, objectAt, objectsAt, strangersOf, textAt } from "../members.ts";
import { parseRego } from "./rego.ts";
import type { Reader } from "./reader.ts";
import type { RootRef } from "./trust-roots.ts";

/** What a bundle of cosign states when it is a signature. */
export const COSIGN_SIGN = "https://sigstore.dev/cosign/sign/v1";

/** The short names of predicate types (cosign `cmd/cosign/cli/options/predicate.go`). */
export const SHORT_TYPES: ReadonlyMap<string, string> = new Map([
  ["custom", "https://cosign.sigstore.dev/attestation/v1"],
  ["slsaprovenance", "https://slsa.dev/provenance/v0.2"],
  ["slsaprovenance02", "https://slsa.dev/provenance/v0.2"],
  ["slsaprovenance1", "https://slsa.dev/provenance/v1"],
  ["spdx", "https://spdx.dev/Document"],
  ["spdxjson", "https://spdx.dev/Document"],
  ["cyclonedx", "https://cyclonedx.org/bom"],
  ["link", "https://in-toto.io/Link/v1"],
  ["vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"],
]);

type Place = Reader & { readonly where: string; readonly i: number };

/** Reads one authority; `undefined` where nobody passes, or nobody may for want of understanding. */
export function readAuthority(authority: JsonObject, place: Place): Requirement | undefined {
  const known = [
    "name",
    "key",
    "keyless",
    "static",
    "source",
    "ctlog",
    "attestations",
    "rfc3161timestamp",
    "signatureFormat",
  ];
  const strange = strangersOf(authority, known);
  if (strange.length > 0) return deny(place, "require", `${strange.join(", ")} of an authority is not understood`);
  const action = textAt(objectAt(authority, "static"), "action");
  if (action === "fail") return undefined;
  if (action !== undefined) return deny(place, "require", "static pass admits whatever matches");
  if (memberAt(authority, "source") !== undefined) {
    return deny(place, "evidence", "evidence lies in another place: registries say where, not policies");
  }
  const format = textAt(authority, "signatureFormat") === "bundle" ? "bundle" : "legacy";
  const read =
    memberAt(authority, "keyless") === undefined
      ? readKey(authority, format, place)
      : readKeyless(authority, format, place);
  if (!read) return undefined;
  const wish = textAt(authority, "name") ?? `${place.where.split(" ")[1] ?? ""}-${place.i + 1}`;
  const by = place.book.authority(wish, read);
  return readWhat(authority, { by, format, place });
}

function deny(place: Place, field: Parameters<Reader["book"]["loss"]>[1]["field"], what: string): undefined {
  place.book.loss(place.where, {
    field,
    kind: "denied",
    effect: `authority ${place.i + 1}: ${what}: it lets nobody in here`,
    remedy: "Write the authority by hand.",
  });
  return undefined;
}

function readKey(authority: JsonObject, format: SigstoreLayout, place: Place): Authority | undefined {
  if (format === "bundle") return deny(place, "formats", "bundles that were signed with a key are refused there");
  const key = objectAt(authority, "key");
  const pem = textAt(key, "data");
  if (pem === undefined) return deny(place, "identities", "the key is in a KMS or a Secret");
  if (memberAt(authority, "rfc3161timestamp") !== undefined) {
    return deny(place, "time-sources", "a key with timestamps cannot be said");
  }
  const log = readKeyLog(authority, place);
  if (log === "unknown") return deny(place, "root", "the trust root of its log is not known");
  const read = toKey(pem, { formats: [format], log });
  return read ?? deny(place, "identities", "the key is none that is used here");
}

/** Without `ctlog` a key needs no log at all (policy-controller `rekorClientAndKeysFromAuthority`). */
function readKeyLog(authority: JsonObject, place: Place): KeyAuthority["log"] | "unknown" {
  if (memberAt(authority, "ctlog") === undefined) return undefined;
  const root = rootOf(objectAt(authority, "ctlog"), place);
  return root ? { ...promiseOf(root.logs), root: root.name } : "unknown";
}

/** The TrustRoot that is named, or the public good instance. */
function rootOf(holder: JsonObject, { roots, context }: Place): RootRef | undefined {
  const ref = textAt(holder, "trustRootRef");
  if (ref !== undefined) return roots.get(ref);
  const found = publicDomain(context);
  return found && { ...found, logs: [] };
}

function readKeyless(authority: JsonObject, format: SigstoreLayout, place: Place): SigstoreAuthority | undefined {
  const keyless = objectAt(authority, "keyless");
  if (memberAt(keyless, "ca-cert") !== undefined)
    return deny(place, "root", "a CA certificate by itself is no trust root");
  const root = rootOf(keyless, place);
  if (!root) return deny(place, "root", "its trust root is not one of the configuration");
  const log = readLog(authority, root, place);
  if (!log) return undefined;
  const identities = readIdentities(keyless, format, place);
  if (identities.length === 0) return undefined;
  const isIgnored = memberAt(keyless, "insecureIgnoreSCT") === true;
  return {
    kind: "sigstore",
    root: root.name,
    identities,
    formats: [format],
    log: promiseOf(log.logs),
    time: { sources: ["log"], min: 1, tsas: [] },
    sct: isIgnored ? { kind: "absent", reason: "imported: insecureIgnoreSCT" } : { kind: "required" },
  };
}

/** Where the engine checks no log, or a log of elsewhere, ours is asked for all the same: there is no `none` here. */
function readLog(authority: JsonObject, root: RootRef, place: Place): RootRef | undefined {
  const { book, where } = place;
  const ctlog = objectAt(authority, "ctlog");
  const isStamped = memberAt(authority, "rfc3161timestamp") !== undefined;
  const isUnlogged =
    memberAt(authority, "ctlog") === undefined && textAt(objectAt(authority, "keyless"), "trustRootRef") !== undefined;
  if (isStamped || isUnlogged) {
    book.loss(where, {
      field: "log",
      kind: "narrowed",
      effect: `authority ${place.i + 1} ${isStamped ? "has timestamps instead of the log" : "names no log"}; here an entry in the log is required`,
      remedy: "Sign with an entry in the log.",
    });
    return root;
  }
  const log = memberAt(authority, "ctlog") === undefined ? root : rootOf(ctlog, place);
  if (log?.name === root.name) return log;
  return deny(place, "root", "certificate and log are of different trust roots");
}

function readIdentities(keyless: JsonObject, format: string, place: Place): readonly IdentityRule[] {
  const given = objectsAt(keyless, "identities");
  if (format === "bundle" && given.length > 1) {
    deny(place, "identities", "several identities are refused there when the evidence is a bundle");
    return [];
  }
  return given.flatMap((identity) => {
    if (strangersOf(identity, ["issuer", "issuerRegExp", "subject", "subjectRegExp"]).length === 0) {
      const rules =
        format === "bundle"
          ? readBundleIdentity(identity, place)
          : readCosignIdentity(identity, place.context.patterns);
      if (rules) return rules;
    }
    deny(place, "identities", "an identity that is not understood, or whose expression is no RE2");
    return [];
  });
}

/** In bundles exact value and expression both have to hold (sigstore-go `certificate_identity.go`): said here for one of them. */
function readBundleIdentity(identity: JsonObject, place: Place): readonly IdentityRule[] | undefined {
  const both = (["issuer", "subject"] as const).some(
    (name) => (textAt(identity, name) ?? "") !== "" && (textAt(identity, `${name}RegExp`) ?? "") !== "",
  );
  return both ? undefined : readCosignIdentity(identity, place.context.patterns);
}

type What = { readonly by: string; readonly format: SigstoreLayout; readonly place: Place };

/** An authority with attestations checks no plain signature (policy-controller `ValidatePolicy`); all of them have to pass. */
function readWhat(authority: JsonObject, { by, format, place }: What): Requirement | undefined {
  const attestations = objectsAt(authority, "attestations");
  if (memberAt(authority, "attestations") === undefined || attestations.length === 0) {
    if (format === "legacy") return { op: "signature", by, on: "subject" };
    return deny(place, "signature", "plain signatures in bundles are not implemented there");
  }
  const terms = attestations.map((attestation): Requirement | undefined => {
    const type = textAt(attestation, "predicateType") ?? "";
    const policy = memberAt(attestation, "policy");
    if (type === COSIGN_SIGN && format === "bundle" && policy === undefined)
      return { op: "signature", by, on: "subject" };
    const rego = textAt(objectAt(attestation, "policy"), "data");
    const isOurs = textAt(objectAt(attestation, "policy"), "type") === "rego" && rego !== undefined;
    const where = policy === undefined ? [] : isOurs ? parseRego(rego) : undefined;
    if (!where) return deny(place, "where", `the policy of ${type} is CUE, or Rego that is not evaluated here`);
    return { op: "attestation", by, predicateType: SHORT_TYPES.get(type) ?? type, where, on: "subject" };
  });
  if (terms.includes(undefined)) return undefined;
  const all = terms.flatMap((term) => term ?? []);
  const [only, ...others] = all;
  return only && others.length === 0 ? only : { op: "all", of: all };
}

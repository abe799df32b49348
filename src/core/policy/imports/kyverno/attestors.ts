import type { JsonObject } from "../../../json/json.ts";
import type { Authority, IdentityRule, KeyAuthority, SigstoreAuthority } from "../../trust-policy.ts";
import type { ExchangeContext } from "../../exports/engine.ts";
import type { ImportBook, ImportDraft } from "../imported.ts";
import {
  domainOfCertificates,
  logNames,
  promiseByKey,
  promiseOf,
  publicDomain,
  toCertificates,
  toKey,
  toSpkis,
  type NamedDomain,
} from "../material.ts";
import { memberAt, objectAt, strangersOf, textAt } from "../members.ts";
import { readKyvernoIdentity } from "./identity.ts";

export type EntryPlace = {
  readonly book: ImportBook;
  readonly context: ExchangeContext;
  readonly where: string;
  readonly format: "bundle" | "legacy";
};

/** Says that an attestor lets nobody in. */
export function denyEntry({ book, where }: EntryPlace, field: ImportDraft["field"], what: string): undefined {
  book.loss(where, {
    field,
    kind: "denied",
    effect: `${what}: it lets nobody in here`,
    remedy: "Write the authority by hand.",
  });
  return undefined;
}

/** Reads the signers of one entry, each of which counts by itself; `undefined` for one that cannot be said. */
export function readEntry(entry: JsonObject, place: EntryPlace): readonly (Authority | undefined)[] {
  const strange = strangersOf(entry, ["keys", "keyless"]);
  if (strange.length > 0)
    return [denyEntry(place, "identities", `${strange.join(", ")} of an attestor is not understood`)];
  return memberAt(entry, "keyless") === undefined
    ? readKeys(objectAt(entry, "keys"), place)
    : [readKeyless(objectAt(entry, "keyless"), place)];
}

/** Several keys in one text are entries of their own. */
function readKeys(keys: JsonObject, place: EntryPlace): readonly (KeyAuthority | undefined)[] {
  const pems = (textAt(keys, "publicKeys") ?? "")
    .split(/(?<=-----END PUBLIC KEY-----)/)
    .filter((text) => text.trim() !== "");
  if (strangersOf(keys, ["publicKeys", "rekor"]).length > 0 || pems.length === 0) {
    return [denyEntry(place, "identities", "a key in a KMS, a Secret, or with settings that are not understood")];
  }
  const log = readKeyLog(objectAt(keys, "rekor"), place);
  if (log === "unknown") return [denyEntry(place, "root", "the log of a key is not one of the configuration")];
  return pems.map(
    (pem) =>
      toKey(`${pem.trim()}\n`, { formats: [place.format], log }) ??
      denyEntry(place, "identities", "a key that is none used here, or a variable"),
  );
}

function readKeyLog(rekor: JsonObject, { context }: EntryPlace): KeyAuthority["log"] | "unknown" {
  if (memberAt(rekor, "ignoreTlog") === true) return undefined;
  return promiseByKey(textAt(rekor, "pubkey"), context);
}

function readKeyless(keyless: JsonObject, place: EntryPlace): SigstoreAuthority | undefined {
  const known = [
    "issuer",
    "issuerRegExp",
    "subject",
    "subjectRegExp",
    "roots",
    "rekor",
    "ctlog",
    "additionalExtensions",
  ];
  const strange = strangersOf(keyless, known);
  if (strange.length > 0) return denyEntry(place, "identities", `${strange.join(", ")} of keyless is not understood`);
  if (memberAt(keyless, "additionalExtensions") !== undefined) {
    return denyEntry(place, "extensions", "extensions are globs there, and equal texts here");
  }
  const root = readRoot(keyless, place);
  if (!root) return undefined;
  const rekor = objectAt(keyless, "rekor");
  if (memberAt(rekor, "ignoreTlog") === true) return denyEntry(place, "log", "no log is required");
  const logs = readLogs(rekor, root, place);
  const identities = logs && readKyvernoIdentity(keyless, place.context.patterns);
  if (!identities) return logs && denyEntry(place, "identities", "an identity whose expressions cannot be said");
  return toAuthority({ keyless, root, logs, identities }, place);
}

type KeylessParts = {
  readonly keyless: JsonObject;
  readonly root: NamedDomain;
  readonly logs: readonly string[];
  readonly identities: readonly IdentityRule[];
};

function toAuthority({ keyless, root, logs, identities }: KeylessParts, place: EntryPlace): SigstoreAuthority {
  const ctlog = objectAt(keyless, "ctlog");
  const isIgnored = memberAt(ctlog, "ignoreSCT") === true || place.format === "bundle";
  if (place.format === "legacy") noteSubject(place);
  return {
    kind: "sigstore",
    root: root.name,
    identities,
    formats: [place.format],
    log: promiseOf(logs),
    time: { sources: ["log"], min: 1, tsas: [] },
    sct: isIgnored ? { kind: "absent", reason: "imported: no SCT is looked at" } : { kind: "required" },
  };
}

/** Kyverno `matchCertificateData`. */
function noteSubject({ book, where }: EntryPlace): void {
  book.loss(where, {
    field: "san-type",
    kind: "note",
    effect: "the subject of a certificate without a SAN is not compared there; here such a certificate is refused",
    remedy: "Nothing: no Fulcio issues one.",
  });
}

/** For bundles, roots and keys in the policy are ignored: the trust root of the engine holds (Kyverno `sigstore` verifier). */
function readRoot(keyless: JsonObject, place: EntryPlace): NamedDomain | undefined {
  const pem = textAt(keyless, "roots");
  if (pem === undefined || place.format === "bundle") {
    if (pem !== undefined) {
      place.book.loss(place.where, {
        field: "root",
        kind: "narrowed",
        effect: "roots are ignored there for bundles; the public good instance is required here",
        remedy: "Name the trust domain that Kyverno's TUF settings give.",
      });
    }
    return publicDomain(place.context) ?? denyEntry(place, "root", "the public good instance is not configured");
  }
  const certificates = toCertificates(pem);
  const found = certificates && domainOfCertificates(certificates, place.context);
  return found ?? denyEntry(place, "root", "its trust root is not one of the configuration");
}

function readLogs(rekor: JsonObject, { domain }: NamedDomain, place: EntryPlace): readonly string[] | undefined {
  const pem = textAt(rekor, "pubkey");
  if (place.format === "bundle" || (pem === undefined && domain.isPublic)) return [];
  const names = pem === undefined ? undefined : logNames(toSpkis(pem) ?? [], domain);
  return names ?? denyEntry(place, "root", "certificate and log are of different trust roots");
}

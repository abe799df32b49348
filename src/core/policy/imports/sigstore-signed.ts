import type { ExchangeContext } from "../exports/engine.ts";
import type { Authority, KeyAuthority } from "../trust-policy.ts";
import type { ImportBook, ImportDraft } from "./imported.ts";
import { decodeText, domainOfCertificates, logNames, promiseOf, toCertificates, toKey, toSpkis } from "./material.ts";

/** Where an engine of containers-image has its roots of trust: everything in PEM. */
export type SignedBy = {
  /** Any of these keys. */
  readonly keys: readonly string[];
  readonly rekorKeys: readonly string[];
  readonly fulcio?: { readonly ca: string; readonly issuer: string; readonly email: string };
};

export type SignedPlace = { readonly book: ImportBook; readonly context: ExchangeContext; readonly where: string };

export function denySigned({ book, where }: SignedPlace, field: ImportDraft["field"], what: string): undefined {
  book.loss(where, {
    field,
    kind: "denied",
    effect: `${what}: its images are denied`,
    remedy: "Write the authority by hand.",
  });
  return undefined;
}

/**
 * Reads the signers of `sigstoreSigned` (containers-image `signature/fulcio_cert.go`): keys with or without a log, or one
 * e-mail identity under a Fulcio, always with a log, never with an SCT. `undefined` where nobody may pass.
 */
export function readSigned(signed: SignedBy, place: SignedPlace): readonly Authority[] | undefined {
  if (signed.fulcio) {
    const authority = readFulcio(signed.fulcio, signed.rekorKeys, place);
    return authority && [authority];
  }
  const log = keyLog(signed.rekorKeys, place);
  if (log === "unknown") return denySigned(place, "root", "the key of the log is not one of the configuration");
  const keys = signed.keys.map((pem) => toKey(pem, { formats: ["legacy"], log }));
  if (keys.length === 0 || keys.includes(undefined)) {
    return denySigned(place, "identities", "a key that lies in a file, or is none used here");
  }
  return keys.flatMap((key) => key ?? []);
}

function keyLog(pems: readonly string[], { context }: SignedPlace): KeyAuthority["log"] | "unknown" {
  if (pems.length === 0) return undefined;
  const keys = pems.flatMap((pem) => toSpkis(pem) ?? []);
  for (const [root, domain] of Object.entries(context.domains)) {
    const names = keys.length < pems.length ? undefined : logNames(keys, domain);
    if (names) return { ...promiseOf(names), root };
  }
  return "unknown";
}

function readFulcio(
  { ca, issuer, email }: NonNullable<SignedBy["fulcio"]>,
  rekorKeys: readonly string[],
  place: SignedPlace,
): Authority | undefined {
  const named = domainOfCertificates(toCertificates(ca) ?? [], place.context);
  const keys = rekorKeys.flatMap((pem) => toSpkis(pem) ?? []);
  const logs = named && keys.length > 0 && keys.length === rekorKeys.length ? logNames(keys, named.domain) : undefined;
  if (!named || !logs) return denySigned(place, "root", "the Fulcio CA, or its log, is not one of the configuration");
  const san = { kind: "exact", text: email, type: "email" } as const;
  return {
    kind: "sigstore",
    root: named.name,
    identities: [{ issuer: { kind: "exact", text: issuer }, san, extensions: {} }],
    formats: ["legacy"],
    log: promiseOf(logs),
    time: { sources: ["log"], min: 1, tsas: [] },
    sct: { kind: "absent", reason: "imported: no SCT is looked at" },
  };
}

/** Texts in base64; `undefined` where one is none. */
export function decodeAll(values: readonly (string | undefined)[]): readonly string[] | undefined {
  const texts = values.flatMap((value) => (value === undefined ? [] : [decodeText(value)]));
  return texts.includes(undefined) ? undefined : texts.flatMap((text) => text ?? []);
}

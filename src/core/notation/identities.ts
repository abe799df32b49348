import { malformed, parsed, type Parsed } from "../parsed.ts";
import { fail, pass, type Verdict } from "../verdict.ts";
import { renderName } from "../x509/name.ts";
import {
  isSubset,
  parseDistinguishedName,
  readSubject,
  type DistinguishedName,
  type DnCode,
} from "./distinguished-name.ts";

/** Who may sign: anybody under the trust stores, or the subjects named. */
export type TrustedIdentities = "any" | readonly DistinguishedName[];

export type IdentitiesCode = DnCode | "identity-kind" | "identity-wildcard" | "identity-overlap" | "identity-none";

const SUBJECT = "x509.subject:";

/**
 * Parses `trustedIdentities`: `*` alone, or subjects of which none is part of another. Overlap makes the whole invalid:
 * who reads the narrower one believes it to bind.
 */
export function parseIdentities(texts: readonly string[]): Parsed<TrustedIdentities, IdentitiesCode> {
  if (texts.length === 0) return malformed("identity-none", "no trusted identity");
  if (texts.includes("*")) {
    return texts.length === 1 ? parsed("any") : malformed("identity-wildcard", "* together with other identities");
  }
  const names: DistinguishedName[] = [];
  for (const text of texts) {
    if (!text.startsWith(SUBJECT)) {
      return malformed("identity-kind", `${JSON.stringify(text.slice(0, 60))} is neither * nor x509.subject:`);
    }
    const name = parseDistinguishedName(text.slice(SUBJECT.length));
    if (!name.ok) return malformed(name.code, `${JSON.stringify(text.slice(0, 100))}: ${name.detail}`);
    const other = names.findIndex((known) => isSubset(known, name.value) || isSubset(name.value, known));
    if (other >= 0) return malformed("identity-overlap", `identities ${other} and ${names.length} overlap`);
    names.push(name.value);
  }
  return parsed(names);
}

/** Judges whether a certificate's subject (DER) is one of those trusted. */
export function judgeIdentity(subject: Uint8Array, trusted: TrustedIdentities): Verdict<"notation-identity"> {
  if (trusted === "any") return pass;
  const shown = renderName(subject);
  const name = readSubject(subject);
  if (!name.ok) return fail("notation-identity", `${shown}: ${name.detail}`);
  return trusted.some((asked) => isSubset(asked, name.value))
    ? pass
    : fail("notation-identity", `signed by ${shown}, which is none of the trusted identities`);
}

import { toServiceAccountSan, type Identity } from "./identity.ts";
import type { IdToken } from "./token.ts";

/** How a CA treats the tokens of one issuer, or of many under a pattern (fulcio `GET /api/v2/configuration`). */
export type IssuerEntry = {
  /** Exact URL, or a pattern where `*` stands for letters, digits, `-` and `_`. */
  readonly issuer: string;
  readonly wildcard: boolean;
  readonly challengeClaim: string;
  readonly issuerType: string;
};

/** What the proof of possession is signed over, and how the CA will read the token, where it says so. */
export type Challenge = { readonly value: string; readonly entry?: IssuerEntry };

/**
 * The claim of the token that the CA wants signed. `undefined` when it asks for one that is neither `sub` nor a verified
 * `email`. Without an entry for the issuer: the email where there is one, else the subject (fulcio `pkg/config/config.go`).
 */
export function toChallenge(token: IdToken, entries: readonly IssuerEntry[]): Challenge | undefined {
  const entry = entryFor(token.issuer, entries);
  if (!entry) return { value: token.email ?? token.subject };
  const value = claimOf(token, entry.challengeClaim);
  return value === undefined ? undefined : { value, entry };
}

/** The entry that a CA goes by for the tokens of an issuer: the exact one before a pattern. */
export function entryFor<E extends IssuerEntry>(name: string, entries: readonly E[]): E | undefined {
  return (
    entries.find(({ issuer, wildcard }) => !wildcard && issuer === name) ??
    entries.find(({ issuer, wildcard }) => wildcard && toPattern(issuer).test(name))
  );
}

function claimOf(token: IdToken, name: string): string | undefined {
  if (name === "sub") return token.subject;
  return name === "email" ? token.email : undefined;
}

function toPattern(issuer: string): RegExp {
  const literals = issuer.split("*").map((literal) => literal.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`));
  return new RegExp(`^${literals.join("[A-Za-z0-9_-]+")}$`);
}

/**
 * The identity that the certificate for a token has to carry, by issuer type (fulcio `pkg/identity`). `undefined` where
 * the CA composes it of claims that are not read here: then only the issuer can be compared.
 */
export function toExpectedIdentity(token: IdToken, issuerType: string | undefined): Identity | undefined {
  const { issuer, subject, email, kubernetes } = token;
  switch (issuerType ?? "") {
    case "kubernetes":
      return kubernetes && { issuer, san: toServiceAccountSan(kubernetes), sanType: "uri" };
    case "spiffe":
    case "uri":
      return { issuer, san: subject, sanType: "uri" };
    case "email":
      return email === undefined ? undefined : { issuer, san: email, sanType: "email" };
    default:
      return undefined;
  }
}

import { exactText, searchText } from "../form/text-language.ts";
import { textIn, toZone, type Literal, type Zone } from "../form/zone.ts";
import type { Field } from "./field.ts";
import type { Reading } from "./reading.ts";

/** How several spellings of one name count: cosign's expression wins over the value; in bundles both hold. */
export type IdentityForm = "expression-wins" | "both-hold";

/**
 * Reads an identity as cosign compares it (cosign `pkg/cosign/verify.go` `CheckCertificatePolicy`; sigstore-go
 * `pkg/verify/certificate_identity.go` for bundles): neither value nor expression is anybody, and expressions are
 * searched for. `undefined` where one cannot be loaded: nobody passes there.
 */
export function readIdentity(identity: Field, form: IdentityForm, reading: Reading): Zone | undefined {
  identity.only("issuer", "issuerRegExp", "subject", "subjectRegExp");
  const issuer = readName(identity.at("issuer"), identity.at("issuerRegExp"), { dimension: "issuer", form, reading });
  const san = readName(identity.at("subject"), identity.at("subjectRegExp"), { dimension: "san", form, reading });
  return issuer && san && toZone(...issuer, ...san);
}

type Named = { readonly dimension: string; readonly form: IdentityForm; readonly reading: Reading };

function readName(exact: Field, search: Field, { dimension, form, reading }: Named): readonly Literal[] | undefined {
  const [value, pattern] = [exact.text(), search.text()];
  const plain = value === undefined ? [] : [textIn(dimension, exactText(value))];
  if (pattern === undefined) return plain;
  const language = reading.language(search, searchText(reading.patterns, pattern));
  if (!language) return undefined;
  const searched = textIn(dimension, language);
  return form === "both-hold" ? [...plain, searched] : [searched];
}

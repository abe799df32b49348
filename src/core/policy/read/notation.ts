import type { NotationAuthority } from "../trust-policy.ts";
import type { PolicyContext } from "./context.ts";
import { parseDistinguishedName } from "./distinguished-name.ts";
import type { Field } from "./field.ts";
import { choiceOf, fullListOf, nameOf, textOf } from "./scalars.ts";

const SUBJECT = "x509.subject:";
/** Notary Project `trust-store-trust-policy.md`: these three are mandatory in a trusted identity. */
const MANDATORY = ["C", "ST", "O"] as const;
/** The validations of Notation that a policy may relax. */
const VALIDATIONS: readonly string[] = ["integrity", "authenticity", "authenticTimestamp", "expiry", "revocation"];

/** Reads a Notation authority. `audit` and `skip` levels admit anybody, so they are not a choice here. */
export function readNotation(field: Field, context: PolicyContext): NotationAuthority {
  field.only("trustStores", "identities", "reason", "level", "overrides", "tsaStores", "verifyTimestamp", "revocation");
  const reason = field.at("reason");
  return {
    kind: "notation",
    trustStores: storesOf(field.at("trustStores"), context, "required"),
    identities: readIdentities(field),
    ...(reason.present && { reason: textOf(reason) }),
    level: choiceOf(field.at("level"), ["strict", "permissive"]),
    overrides: readOverrides(field.at("overrides")),
    tsaStores: storesOf(field.at("tsaStores"), context, "optional"),
    verifyTimestamp: choiceOf(field.at("verifyTimestamp"), ["always", "afterCertExpiry"]),
    revocation: choiceOf(field.at("revocation"), ["enforce", "log", "skip"]),
  };
}

function storesOf(field: Field, { trustStores }: PolicyContext, need: "required" | "optional"): readonly string[] {
  if (!field.present && need === "required") field.problem("TP004", `${field.path} is missing`);
  return fullListOf(field).map((item) => {
    const name = nameOf(item);
    if (name !== "" && trustStores?.includes(name) === false) item.problem("TP301", `unknown trust store ${name}`);
    return name;
  });
}

function readIdentities(field: Field): readonly string[] {
  const list = field.at("identities");
  if (!list.present) list.problem("TP004", `${list.path} is missing`);
  const texts = fullListOf(list).map((item) => readIdentity(item));
  if (texts.includes("*") && !field.at("reason").present) {
    list.problem("TP007", "any identity of the stores is trusted, and nothing says why", "Add reason.");
  }
  if (texts.includes("*") && texts.length > 1) list.problem("TP007", "* stands alone", "Remove the others.");
  return texts;
}

function readIdentity(field: Field): string {
  const text = textOf(field);
  if (text === "*" || text === "") return text;
  const name = text.startsWith(SUBJECT) ? parseDistinguishedName(text.slice(SUBJECT.length)) : undefined;
  const missing = MANDATORY.filter((attribute) => !name?.has(attribute));
  if (!name || missing.length > 0) {
    field.problem(
      "TP007",
      `${field.path} is not a distinguished name with C, ST and O`,
      "x509.subject: C=…, ST=…, O=…",
    );
  }
  return text;
}

function readOverrides(field: Field): NotationAuthority["overrides"] {
  return Object.fromEntries(
    field
      .only(...VALIDATIONS)
      .members()
      .map(([name, value]) => {
        if (name === "integrity") value.problem("TP007", "integrity cannot be relaxed", "Remove it.");
        return [name, choiceOf(value, ["enforce", "log", "skip"])] as const;
      }),
  );
}

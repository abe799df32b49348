import { isJsonObject, type JsonObject } from "../../../json/json.ts";
import { mayBothHold, parseDistinguishedName } from "../../read/distinguished-name.ts";
import type { NotationAuthority } from "../../trust-policy.ts";
import { openBook } from "../book.ts";
import type { ImportBook, Imported, ImportedRule, ImportFormat } from "../imported.ts";
import { listAt, memberAt, objectAt, objectsAt, strangersOf, textAt, textsAt } from "../members.ts";
import { DIGEST_TAIL, printPattern, regionOf, toFamilies } from "../regions.ts";
import { EVERYTHING } from "../../../automata/program.ts";
import { toPolicy } from "../to-policy.ts";

const ACTIONS = ["enforce", "log", "skip"] as const;

/** Notation trust policy 1.0: exact repositories, each in one statement; `*` is for those that are in none. */
export const notationImport: ImportFormat = {
  id: "notation",
  import: (documents, context): Imported => {
    const book = openBook();
    const policies = documents.flatMap(({ value }) =>
      isJsonObject(value) && memberAt(value, "trustPolicies") !== undefined ? [value] : [],
    );
    const rules = policies.flatMap((policy) => readDocument(policy, book));
    return toPolicy(toFamilies(rules, { printing: printPinned, patterns: context.patterns, book }), book);
  },
};

function printPinned(pattern: string): string {
  return printPattern(pattern, DIGEST_TAIL);
}

function readDocument(policy: JsonObject, book: ImportBook): readonly ImportedRule[] {
  const statements = objectsAt(policy, "trustPolicies");
  const invalid = statements.find((statement) => hasOverlap(textsAt(statement, "trustedIdentities")));
  const isKnown = textAt(policy, "version") === "1.0" && strangersOf(policy, ["version", "trustPolicies"]).length === 0;
  if (invalid || !isKnown || listAt(policy, "trustPolicies").length !== statements.length) {
    const why = invalid
      ? `identities of ${textAt(invalid, "name") ?? "a statement"} overlap`
      : "the document is not version 1.0";
    deny(book, "trust policy", "notation", `${why}: Notation refuses all of it, and so is all denied here`);
    return [];
  }
  return statements.map((statement) => readStatement(statement, book));
}

/** Two names that one certificate could have make the policy invalid (notation-go `verifier/trustpolicy`). */
function hasOverlap(identities: readonly string[]): boolean {
  const names = identities.map((text) => parseDistinguishedName(text.slice(text.indexOf(":") + 1)));
  return names.some((a, i) => names.some((b, j) => i < j && a && b && (isPart(a, b) || isPart(b, a))));
}

function isPart(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return mayBothHold(a, b) && [...a.keys()].every((name) => b.has(name));
}

function readStatement(statement: JsonObject, book: ImportBook): ImportedRule {
  const name = textAt(statement, "name") ?? "unnamed";
  const where = `statement ${name}`;
  const scopes = textsAt(statement, "registryScopes");
  const authority = readAuthority(statement, where, book);
  const isWild = scopes.includes("*");
  if (isWild && authority) deny(book, where, "images", "the scope * cannot be said here: its images are denied");
  const regions = scopes.map((scope) => regionOf(scope, scope === "*" ? undefined : [scope], EVERYTHING));
  const require =
    authority && !isWild
      ? { op: "signature" as const, by: book.authority(name, authority), on: "subject" as const }
      : undefined;
  // What only the wildcard has is nobody's here, so it is a rule for nothing that others have.
  return { name, regions: isWild ? [] : regions, except: [], require };
}

function deny(book: ImportBook, where: string, field: "notation" | "images" | "mode", effect: string): undefined {
  book.loss(where, { field, kind: "denied", effect, remedy: "Write the family by hand." });
  return undefined;
}

function readAuthority(statement: JsonObject, where: string, book: ImportBook): NotationAuthority | undefined {
  const verification = objectAt(statement, "signatureVerification");
  const level = textAt(verification, "level");
  if (level === "audit" || level === "skip")
    return deny(book, where, "mode", `level ${level} admits what nobody trusted signed`);
  const strange = [
    ...strangersOf(statement, ["name", "registryScopes", "signatureVerification", "trustStores", "trustedIdentities"]),
    ...strangersOf(verification, ["level", "override", "verifyTimestamp"]),
  ];
  const stores = textsAt(statement, "trustStores").map((store) => store.split(":"));
  const isPlain = stores.every(([type, name]) => (type === "ca" || type === "tsa") && name !== undefined);
  const overrides = readOverrides(objectAt(verification, "override"));
  if (strange.length > 0 || !isPlain || !overrides || (level !== "strict" && level !== "permissive")) {
    return deny(book, where, "notation", "a level, an override or a trust store that is not understood");
  }
  const { revocation = "enforce", ...rest } = overrides;
  const ofType = (type: string): readonly string[] =>
    stores.flatMap(([kind, name]) => (kind === type && name !== undefined ? [name] : []));
  return {
    kind: "notation",
    trustStores: ofType("ca"),
    identities: textsAt(statement, "trustedIdentities"),
    level,
    overrides: rest,
    tsaStores: ofType("tsa"),
    verifyTimestamp: textAt(verification, "verifyTimestamp") === "afterCertExpiry" ? "afterCertExpiry" : "always",
    revocation: level === "permissive" && overrides["revocation"] === undefined ? "log" : revocation,
  };
}

type Action = (typeof ACTIONS)[number];

function readOverrides(override: JsonObject): Readonly<Record<string, Action>> | undefined {
  const entries = Object.entries(override).map(
    ([name, value]) => [name, ACTIONS.find((action) => action === value)] as const,
  );
  if (entries.some(([, action]) => action === undefined)) return undefined;
  return Object.fromEntries(entries.flatMap(([name, action]) => (action ? [[name, action] as const] : [])));
}

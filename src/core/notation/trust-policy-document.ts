import {
  shapeOf,
  startReading,
  toArray,
  toFullText,
  toObject,
  toText,
  type FieldCode,
  type Reading,
} from "../json/fields.ts";
import { isJsonObject, type JsonValue } from "../json/json.ts";
import { readJson, type JsonCode } from "../json/read-json.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { parseRepository } from "../image/reference.ts";
import { readRules, type NotationRules, type RulesCode, type RulesText } from "./rules.ts";

/** A `trustpolicy.oci.json` (Notary Project trust-store-trust-policy, `OCI Trust Policy`), read and checked. */
export type TrustPolicyDocument = { readonly statements: readonly TrustPolicyStatement[] };

export type TrustPolicyStatement = {
  readonly rules: NotationRules;
  /** Repositories, exactly; or every one that no other statement names. */
  readonly scopes: "any" | readonly string[];
};

export type TrustPolicyCode =
  | JsonCode
  | FieldCode
  | RulesCode
  | "version"
  | "statement-none"
  | "statement-twice"
  | "scope-syntax"
  | "scope-twice"
  | "scope-wildcard";

const DOCUMENT_BYTES_MAX = 1024 * 1024;
const DEPTH_MAX = 8;
const STATEMENTS_MAX = 1000;
const DOCUMENT = shapeOf("the document", ["version", "trustPolicies"]);
const STATEMENT = shapeOf("a statement", [
  "name",
  "registryScopes",
  "signatureVerification",
  "trustStores",
  "trustedIdentities",
]);
const VERIFICATION = shapeOf("signatureVerification", ["level", "override", "verifyTimestamp"]);

type Read<T> = Parsed<T, TrustPolicyCode>;
type Draft = { readonly text: RulesText; readonly scopes: readonly string[] };

/** Reads a trust policy document; one wrong statement makes all of it invalid, as who wrote it believes all of it to hold. */
export function readTrustPolicyDocument(bytes: Uint8Array): Read<TrustPolicyDocument> {
  const json = readJson(bytes, { bytesMax: DOCUMENT_BYTES_MAX, depthMax: DEPTH_MAX });
  if (!json.ok) return json;
  const reading = startReading<TrustPolicyCode>();
  const document = toObject(reading, json.value, DOCUMENT);
  if (toText(reading, document["version"], "version") !== "1.0") reading.refuse("version", "the version is not 1.0");
  const list = toArray(reading, document["trustPolicies"], "trustPolicies");
  if (list.length === 0) reading.refuse("statement-none", "no statements");
  if (list.length > STATEMENTS_MAX) reading.refuse("too-large", `${list.length} statements`);
  const drafts = reading.conclude(list.slice(0, STATEMENTS_MAX).map((value) => toDraft(reading, value)));
  return drafts.ok ? toDocument(drafts.value) : drafts;
}

function toDraft(reading: Reading<TrustPolicyCode>, value: JsonValue): Draft {
  const statement = toObject(reading, value, STATEMENT);
  const name = toFullText(reading, statement["name"], "name");
  const texts = (member: string): readonly string[] =>
    toArray(reading, statement[member], member).map((text) => toFullText(reading, text, `a member of ${member}`));
  const verification = toObject(reading, statement["signatureVerification"], VERIFICATION);
  const override = verification["override"];
  const overrides = isJsonObject(override) ? Object.entries(override) : [];
  if (override !== undefined && !isJsonObject(override)) reading.refuse("field-type", "override is not an object");
  return {
    text: {
      name,
      level: toFullText(reading, verification["level"], "level"),
      overrides: Object.fromEntries(overrides.map(([check, action]) => [check, toText(reading, action, check)])),
      stores: texts("trustStores"),
      identities: texts("trustedIdentities"),
      verifyTimestamp: toText(reading, verification["verifyTimestamp"], "verifyTimestamp") || "always",
    },
    scopes: texts("registryScopes"),
  };
}

function toDocument(drafts: readonly Draft[]): Read<TrustPolicyDocument> {
  const statements: TrustPolicyStatement[] = [];
  const names = new Set<string>();
  const taken = new Set<string>();
  for (const { text, scopes } of drafts) {
    if (names.has(text.name)) return malformed("statement-twice", `two statements ${JSON.stringify(text.name)}`);
    names.add(text.name);
    const rules = readRules(text);
    const known = rules.ok ? readScopes(scopes, taken) : rules;
    if (!rules.ok) return malformed(rules.code, `statement ${JSON.stringify(text.name)}: ${rules.detail}`);
    if (!known.ok) return malformed(known.code, `statement ${JSON.stringify(text.name)}: ${known.detail}`);
    if (rules.value.level === "skip" && known.value === "any") {
      return malformed("scope-wildcard", `statement ${JSON.stringify(text.name)} skips verification everywhere`);
    }
    statements.push({ rules: rules.value, scopes: known.value });
  }
  return parsed({ statements });
}

/** One statement per scope, in the whole document. */
function readScopes(scopes: readonly string[], taken: Set<string>): Read<TrustPolicyStatement["scopes"]> {
  if (scopes.length === 0) return malformed("scope-syntax", "no registry scopes");
  if (scopes.includes("*") && scopes.length > 1) return malformed("scope-wildcard", "* together with other scopes");
  for (const scope of scopes) {
    const repository = scope === "*" ? scope : parseScope(scope);
    if (repository === undefined) return malformed("scope-syntax", JSON.stringify(scope.slice(0, 80)));
    if (taken.has(repository)) return malformed("scope-twice", `${repository} belongs to another statement`);
    taken.add(repository);
  }
  return parsed(scopes[0] === "*" ? "any" : scopes);
}

/** A full repository name in its normal form: a scope that would be read as another repository is refused, not corrected. */
function parseScope(scope: string): string | undefined {
  const repository = parseRepository(scope);
  return repository.ok && repository.value === scope ? scope : undefined;
}

/** The statement that applies to a repository: the one that names it, else the one for all; `undefined` where there is neither. */
export function statementFor(document: TrustPolicyDocument, repository: string): NotationRules | undefined {
  const exact = document.statements.find(({ scopes }) => scopes !== "any" && scopes.includes(repository));
  return (exact ?? document.statements.find(({ scopes }) => scopes === "any"))?.rules;
}

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toUtf8 } from "../bytes/utf8.ts";
import { readTrustPolicyDocument, statementFor } from "./trust-policy-document.ts";

const STATEMENT = {
  name: "one",
  registryScopes: ["registry.example/app"],
  signatureVerification: { level: "strict" },
  trustStores: ["ca:acme"],
  trustedIdentities: ["x509.subject: C=US, ST=WA, O=Example"],
};
const documentOf = (...statements: readonly object[]): object => ({ version: "1.0", trustPolicies: statements });
const read = (document: unknown) => readTrustPolicyDocument(toUtf8(JSON.stringify(document)));
const codeOf = (document: unknown): string => {
  const policy = read(document);
  return policy.ok ? "ok" : policy.code;
};
const changed = (change: object): object => documentOf({ ...STATEMENT, ...change });
const verified = (signatureVerification: object): object => changed({ signatureVerification });
const SKIP = { signatureVerification: { level: "skip" }, trustStores: [], trustedIdentities: [] };

test.each<[string, object]>([
  ["a statement", documentOf(STATEMENT)],
  ["any repository", changed({ registryScopes: ["*"] })],
  ["a port", changed({ registryScopes: ["registry.example:5000/app"] })],
  ["anybody", changed({ trustedIdentities: ["*"] })],
  ["stores of every kind", changed({ trustStores: ["ca:a", "signingAuthority:b.c", "tsa:d-e_f"] })],
  ["skip for one repository", changed(SKIP)],
  ["time stamps after expiry only", verified({ level: "strict", verifyTimestamp: "afterCertExpiry" })],
  ["revocation skipped", verified({ level: "strict", override: { revocation: "skip" } })],
  ["checks logged", verified({ level: "strict", override: { expiry: "log", authenticity: "log" } })],
  ["stores and identities left out under skip", documentOf({ ...STATEMENT, ...SKIP, trustStores: undefined })],
])("accepts %s", (_, document) => {
  expect(codeOf(document)).toBe("ok");
});

test.each<[string, unknown, string]>([
  ["another version", { ...documentOf(STATEMENT), version: "2.0" }, "version"],
  ["no statements", documentOf(), "statement-none"],
  ["a member not known", { ...documentOf(STATEMENT), extra: 1 }, "unknown-field"],
  ["a member of a statement not known", changed({ registryScope: [] }), "unknown-field"],
  ["no name", changed({ name: undefined }), "field-missing"],
  ["two of one name", documentOf(STATEMENT, { ...STATEMENT, registryScopes: ["r.example/b"] }), "statement-twice"],
  ["two for one repository", documentOf(STATEMENT, { ...STATEMENT, name: "two" }), "scope-twice"],
  ["no scopes", changed({ registryScopes: [] }), "scope-syntax"],
  ["any and one", changed({ registryScopes: ["*", "r.example/a"] }), "scope-wildcard"],
  ["a wildcard inside", changed({ registryScopes: ["r.example/*"] }), "scope-syntax"],
  ["a tag", changed({ registryScopes: ["r.example/a:v1"] }), "scope-syntax"],
  ["a scope of another spelling", changed({ registryScopes: ["R.example/a"] }), "scope-syntax"],
  ["a scope without a host", changed({ registryScopes: ["nginx"] }), "scope-syntax"],
  ["another level", verified({ level: "Strict" }), "level"],
  ["no level", verified({}), "field-missing"],
  ["skip everywhere", changed({ ...SKIP, registryScopes: ["*"] }), "scope-wildcard"],
  ["skip with stores", changed({ ...SKIP, trustStores: ["ca:a"] }), "level"],
  [
    "skip with an override",
    changed({ ...SKIP, signatureVerification: { level: "skip", override: { expiry: "log" } } }),
    "override",
  ],
  ["integrity overridden", verified({ level: "audit", override: { integrity: "log" } }), "override"],
  ["authenticity skipped", verified({ level: "strict", override: { authenticity: "skip" } }), "override"],
  ["another check", verified({ level: "strict", override: { trust: "log" } }), "override"],
  ["another action", verified({ level: "strict", override: { expiry: "ignore" } }), "override"],
  ["another option of time stamps", verified({ level: "strict", verifyTimestamp: "never" }), "timestamp-option"],
  ["no stores", changed({ trustStores: [] }), "store-none"],
  ["stores of time stamps only", changed({ trustStores: ["tsa:a"] }), "store-none"],
  ["a store of another kind", changed({ trustStores: ["root:a"] }), "store-name"],
  ["a store elsewhere", changed({ trustStores: ["ca:../../etc"] }), "store-name"],
  ["a store above", changed({ trustStores: ["ca:.."] }), "store-name"],
  ["a store without a name", changed({ trustStores: ["ca:"] }), "store-name"],
  ["no identities", changed({ trustedIdentities: [] }), "identity-none"],
  ["an identity without its mandatory parts", changed({ trustedIdentities: ["x509.subject: CN=x"] }), "dn-mandatory"],
  ["no object", [], "field-type"],
])("refuses %s", (_, document, code) => {
  expect(codeOf(document)).toBe(code);
});

test("a statement written twice over is refused", () => {
  expect(readTrustPolicyDocument(toUtf8('{"version":"1.0","version":"1.0"}'))).toMatchObject({
    code: "json-duplicate-key",
  });
});

describe("statementFor", () => {
  const policy = read(documentOf({ ...STATEMENT, name: "any", registryScopes: ["*"] }, { ...STATEMENT, name: "app" }));
  test.each([
    ["registry.example/app", "app"],
    ["registry.example/app/inner", "any"],
    ["registry.example/apple", "any"],
    ["other.example/app", "any"],
  ])("%s is under %s", (repository, name) => {
    expect(policy.ok && statementFor(policy.value, repository)?.name).toBe(name);
  });

  test("a repository that nobody names is under none", () => {
    const only = read(documentOf(STATEMENT));
    expect(only.ok && statementFor(only.value, "other.example/app")).toBeUndefined();
  });
});

test("never throws", () => {
  const noise = fc.jsonValue({ maxDepth: 4 }).map((value) => ({ version: "1.0", trustPolicies: [value] }));
  fc.assert(
    fc.property(noise, (document) => {
      expect(read(document).ok).toBeTypeOf("boolean");
    }),
  );
});

import { expect, test } from "vitest";
import type { UnixMs } from "../time.ts";
import { toChallenge, toExpectedIdentity, type IssuerEntry } from "./challenge.ts";
import type { IdToken } from "./token.ts";

const TOKEN: IdToken = {
  issuer: "https://oidc.prod-eu.example",
  subject: "system:serviceaccount:payments:builder",
  audiences: ["sigstore"],
  issuedAt: 0 as UnixMs,
  expiresAt: 600_000 as UnixMs,
  kubernetes: { namespace: "payments", serviceAccount: "builder" },
};
const ENTRY: IssuerEntry = {
  issuer: TOKEN.issuer,
  wildcard: false,
  challengeClaim: "sub",
  issuerType: "kubernetes",
};

test.each<[string, readonly IssuerEntry[], string]>([
  ["of an exact issuer", [ENTRY], "kubernetes"],
  ["of a pattern", [{ ...ENTRY, issuer: "https://*.prod-eu.example", wildcard: true }], "kubernetes"],
  [
    "of the exact issuer before a pattern",
    [{ ...ENTRY, issuer: "https://oidc.*.example", wildcard: true, issuerType: "uri" }, ENTRY],
    "kubernetes",
  ],
])("toChallenge takes the entry %s", (_, entries, issuerType) => {
  expect(toChallenge(TOKEN, entries)).toMatchObject({ value: TOKEN.subject, entry: { issuerType } });
});

test.each<[string, Partial<IssuerEntry>]>([
  ["another issuer", { issuer: "https://oidc.prod-us.example" }],
  ["a pattern that is not one", { issuer: "https://*.prod-eu.example" }],
  ["a pattern over a dot", { issuer: "https://*.example", wildcard: true }],
  ["a pattern that only begins so", { issuer: "https://oidc.prod-*", wildcard: true }],
  ["a dot that is a dot", { issuer: "https://oidcxprod-*.example", wildcard: true }],
])("toChallenge passes over %s", (_, change) => {
  expect(toChallenge(TOKEN, [{ ...ENTRY, ...change }])).toEqual({ value: TOKEN.subject });
});

test("toChallenge prefers a verified email for issuers that are not listed", () => {
  expect(toChallenge({ ...TOKEN, email: "a@b.example" }, [])).toEqual({ value: "a@b.example" });
});

test.each(["email", "job_workflow_ref", "toString", "__proto__"])("toChallenge does not know %s", (challengeClaim) => {
  expect(toChallenge(TOKEN, [{ ...ENTRY, challengeClaim }])).toBeUndefined();
});

test.each([
  ["kubernetes", TOKEN, "https://kubernetes.io/namespaces/payments/serviceaccounts/builder", "uri"],
  ["uri", { ...TOKEN, subject: "https://x.example/y" }, "https://x.example/y", "uri"],
  ["spiffe", { ...TOKEN, subject: "spiffe://td/ns/a/sa/b" }, "spiffe://td/ns/a/sa/b", "uri"],
  ["email", { ...TOKEN, email: "a@b.example" }, "a@b.example", "email"],
] as const)("toExpectedIdentity knows %s", (issuerType, token, san, sanType) => {
  expect(toExpectedIdentity(token, issuerType)).toEqual({ issuer: TOKEN.issuer, san, sanType });
});

test.each(["github-workflow", "email", "", undefined])("toExpectedIdentity does not guess for %s", (issuerType) => {
  expect(toExpectedIdentity(TOKEN, issuerType)).toBeUndefined();
});

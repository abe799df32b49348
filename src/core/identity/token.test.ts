import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBase64Url } from "../bytes/base64.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { judgeToken } from "./judge-token.ts";
import { readToken, redactTokens, type IdToken } from "./token.ts";
import type { UnixMs } from "../time.ts";

const CLAIMS = {
  iss: "https://kubernetes.default.svc",
  sub: "system:serviceaccount:payments:builder",
  aud: ["sigstore"],
  iat: 1_790_000_000,
  exp: 1_790_000_600,
  jti: "5b9e0b0e-0f0f-4f7e-9c57-b6f4f5f0c7aa",
  "kubernetes.io": {
    namespace: "payments",
    pod: { name: "sign-pod", uid: "u-1" },
    serviceaccount: { name: "builder", uid: "u-2" },
  },
};

const at = (ms: number): UnixMs => ms as UnixMs;
const part = (value: unknown): string => toBase64Url(toUtf8(JSON.stringify(value)));
const jwt = (claims: unknown, header: unknown = { alg: "RS256" }): string => `${part(header)}.${part(claims)}.c2ln`;

test("reads the claims of a projected token", () => {
  expect(readToken(jwt(CLAIMS))).toEqual({
    ok: true,
    value: {
      issuer: CLAIMS.iss,
      subject: CLAIMS.sub,
      audiences: ["sigstore"],
      issuedAt: 1_790_000_000_000,
      expiresAt: 1_790_000_600_000,
      jti: CLAIMS.jti,
      kubernetes: { namespace: "payments", serviceAccount: "builder", pod: { name: "sign-pod", uid: "u-1" } },
    },
  });
});

test.each([
  ["aud as a name", { aud: "sigstore" }, { audiences: ["sigstore"] }],
  ["several audiences", { aud: ["a", "b"] }, { audiences: ["a", "b"] }],
  ["a fraction of a second", { exp: 1_790_000_600.9 }, { expiresAt: 1_790_000_600_000 }],
  ["a verified email", { email: "a@b.example", email_verified: true }, { email: "a@b.example" }],
])("reads %s", (_, change, expected) => {
  expect(readToken(jwt({ ...CLAIMS, ...change }))).toMatchObject({ ok: true, value: expected });
});

test.each([
  ["an unverified email", { email: "a@b.example" }, "email"],
  ["an email verified by a string", { email: "a@b.example", email_verified: "true" }, "email"],
  ["a kubernetes claim without a service account", { "kubernetes.io": { namespace: "x" } }, "kubernetes"],
])("leaves out %s", (_, change, member) => {
  const token = readToken(jwt({ ...CLAIMS, ...change }));
  expect(token.ok && token.value).not.toHaveProperty(member);
});

test("does not take a token with half a pod for a bound one", () => {
  const token = readToken(jwt({ ...CLAIMS, "kubernetes.io": { ...CLAIMS["kubernetes.io"], pod: { name: "x" } } }));
  expect(token).toMatchObject({ ok: true, value: { kubernetes: { namespace: "payments" } } });
  expect(token.ok && token.value.kubernetes).not.toHaveProperty("pod");
});

test.each([
  ["nothing", "", "token-syntax"],
  ["two parts", "e30.e30", "token-syntax"],
  ["no signature", `${part({})}.${part(CLAIMS)}.`, "token-syntax"],
  ["four parts", `${jwt(CLAIMS)}.x`, "token-syntax"],
  ["a line break at the end", `${jwt(CLAIMS)}\n`, "token-syntax"],
  ["padding", `${part({})}.${part(CLAIMS)}=.c2ln`, "token-syntax"],
  ["claims that are a list", jwt([]), "token-syntax"],
  ["a header that is not JSON", `AAAA.${part(CLAIMS)}.c2ln`, "token-syntax"],
  ["a claim twice", `${part({})}.${toBase64Url(toUtf8('{"iss":"a","iss":"b"}'))}.c2ln`, "token-syntax"],
  ["too much", `${jwt(CLAIMS)}${"A".repeat(16_384)}`, "token-too-large"],
  ["no issuer", jwt({ ...CLAIMS, iss: undefined }), "token-claims"],
  ["an empty subject", jwt({ ...CLAIMS, sub: "" }), "token-claims"],
  ["no audience", jwt({ ...CLAIMS, aud: [] }), "token-claims"],
  ["an audience that is a number", jwt({ ...CLAIMS, aud: ["a", 1] }), "token-claims"],
  ["a time that is text", jwt({ ...CLAIMS, exp: "1790000600" }), "token-claims"],
  ["a time beyond the calendar", jwt({ ...CLAIMS, exp: 1e300 }), "token-claims"],
])("refuses %s, without showing it", (_, text, code) => {
  const token = readToken(text);
  expect(token).toMatchObject({ ok: false, code });
  expect(!token.ok && token.detail).not.toContain(part(CLAIMS));
});

test("answers whatever it is given", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.jsonValue().map(jwt)), (text) => {
      expect(typeof readToken(text).ok).toBe("boolean");
    }),
  );
});

test.each([
  [`denied: ${jwt(CLAIMS)} is old`, "denied: [jwt] is old"],
  [`a ${jwt(CLAIMS).slice(0, -4)} b`, "a [jwt] b"],
  ["rekor.example.com says no", "rekor.example.com says no"],
])("redactTokens makes %s harmless", (text, expected) => {
  expect(redactTokens(text)).toBe(expected);
});

describe("judgeToken", () => {
  const now = 1_790_000_100_000 as UnixMs;
  const policy = { audience: "sigstore", lifetimeSecondsMax: 3600, podBound: true };
  const token: IdToken = {
    issuer: "https://i.example",
    subject: "s",
    audiences: ["sigstore"],
    issuedAt: 1_790_000_000_000 as UnixMs,
    expiresAt: 1_790_000_600_000 as UnixMs,
    kubernetes: { namespace: "n", serviceAccount: "s", pod: { name: "p", uid: "u" } },
  };
  test.each<[string, Partial<IdToken>]>([
    ["a projected token", {}],
    ["60 seconds before the end", { expiresAt: at(now + 60_000) }],
    ["a lifetime of exactly the maximum", { expiresAt: at(token.issuedAt + 3_600_000) }],
  ])("accepts %s", (_, change) => {
    expect(judgeToken({ ...token, ...change }, policy, now)).toEqual({ kind: "pass" });
  });

  test.each<[string, Partial<IdToken>, readonly string[]]>([
    ["59.999 seconds before the end", { expiresAt: at(now + 59_999) }, ["token-expiring"]],
    ["another audience", { audiences: ["https://kubernetes.default.svc"] }, ["token-audience"]],
    ["an audience more", { audiences: ["sigstore", "x"] }, ["token-audience"]],
    ["an audience that only begins so", { audiences: ["sigstore2"] }, ["token-audience"]],
    ["a lifetime too long", { expiresAt: at(token.issuedAt + 3_600_001) }, ["token-too-long-lived"]],
    ["no pod", { kubernetes: { namespace: "n", serviceAccount: "s" } }, ["token-not-pod-bound"]],
    ["several at once", { audiences: ["x"], expiresAt: now }, ["token-expiring", "token-audience"]],
  ])("refuses %s", (_, change, reasons) => {
    const verdict = judgeToken({ ...token, ...change }, policy, now);
    expect(verdict.kind === "fail" && verdict.reasons.map(({ reason }) => reason)).toEqual(reasons);
  });

  test("asks for a pod only where the issuer is a cluster", () => {
    const { kubernetes, ...unbound } = token;
    expect(kubernetes).toBeDefined();
    expect(judgeToken(unbound, { ...policy, podBound: false }, now)).toEqual({ kind: "pass" });
  });
});

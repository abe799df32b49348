import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { exportJWK, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { Fault } from "../../core/fault.ts";
import type { UnixMs } from "../../core/time.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "../../ports/http-client.ts";
import type { Authenticator } from "./auth.ts";
import { oidcTokens } from "./oidc.ts";

const ISSUER = "https://idp.example";
const NOW = 1_790_000_000_000;
const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
const others = generateKeyPairSync("ec", { namedCurve: "P-256" });

type Change = {
  readonly claims?: Record<string, unknown>;
  readonly key?: KeyObject;
  readonly kid?: string;
  readonly issuedSecondsAgo?: number;
};

async function token({
  claims = {},
  key = keys.privateKey,
  kid = "k1",
  issuedSecondsAgo = 10,
}: Change = {}): Promise<string> {
  const issuedAt = NOW / 1000 - issuedSecondsAgo;
  const payload = { iss: ISSUER, aud: "countersign", sub: "alice", iat: issuedAt, exp: issuedAt + 600, ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg: "ES256", kid }).sign(key);
}

/** A provider that serves these keys, and counts how often it is asked for them. */
function provider(
  served: () => Promise<readonly object[]>,
  issuer = ISSUER,
): { http: HttpClient; asked: () => number } {
  let asked = 0;
  const answer = async (request: HttpRequest): Promise<HttpResponse> => {
    const body = request.url.endsWith("/keys") ? { keys: await served() } : { issuer, jwks_uri: `${ISSUER}/keys` };
    if (request.url.endsWith("/keys")) asked += 1;
    return { status: 200, headers: {}, body: new TextEncoder().encode(JSON.stringify(body)) };
  };
  const http: HttpClient = { send: answer, stream: () => Promise.reject(new Error("not streamed")) };
  return { http, asked: () => asked };
}

const jwk = async (key: KeyObject, kid: string): Promise<object> => ({ ...(await exportJWK(key)), kid, alg: "ES256" });
const options = { issuer: ISSUER, audience: "countersign", usernameClaim: "sub" };

function authenticator(http: HttpClient, now: () => number = () => NOW): Authenticator {
  return oidcTokens({ http, clock: { now: () => now() as UnixMs } }, options);
}

describe("oidcTokens", () => {
  const { http } = provider(async () => [await jwk(keys.publicKey, "k1")]);

  test("knows the bearer of a good token by the configured claim", async () => {
    const principal = await authenticator(http).authenticate({ bearer: await token() });
    expect(principal).toEqual({ name: "alice", mode: "oidc" });
  });

  test.each<[string, Change]>([
    ["of another issuer", { claims: { iss: "https://other.example" } }],
    ["for another audience", { claims: { aud: "sigstore" } }],
    ["that has expired", { issuedSecondsAgo: 700 }],
    ["that is not valid yet", { claims: { nbf: NOW / 1000 + 120 } }],
    ["without an expiry", { claims: { exp: undefined } }],
    ["without a name", { claims: { sub: undefined } }],
    ["with an empty name", { claims: { sub: "" } }],
    ["signed by another key under the same id", { key: others.privateKey }],
    ["signed by an unknown key", { key: others.privateKey, kid: "k9" }],
  ])("refuses a token %s", async (_, change) => {
    expect(await authenticator(http).authenticate({ bearer: await token(change) })).toBeUndefined();
  });

  test("refuses a token that nobody signed, and one signed with the public key as a secret", async () => {
    const [, payload = ""] = (await token()).split(".");
    const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${payload}.`;
    const pem = keys.publicKey.export({ type: "spki", format: "pem" });
    const symmetric = await new SignJWT({
      iss: ISSUER,
      aud: "countersign",
      sub: "eve",
      exp: NOW / 1000 + 60,
      iat: NOW / 1000,
    })
      .setProtectedHeader({ alg: "HS256", kid: "k1" })
      .sign(new TextEncoder().encode(String(pem)));
    const found = await Promise.all(
      [none, symmetric, "x", "a.b.c"].map((bearer) => authenticator(http).authenticate({ bearer })),
    );
    expect(found).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("allows a minute of skew, and no more", async () => {
    expect(await askedAfter(http, 600 + 59)).toBeDefined();
    expect(await askedAfter(http, 600 + 61)).toBeUndefined();
  });

  test("asks for keys once in ten minutes, and at once when they have been rotated, but not for every stranger", async () => {
    let now = NOW;
    let served = [await jwk(keys.publicKey, "k1")];
    const { http: rotating, asked } = provider(async () => served);
    const known = authenticator(rotating, () => now);
    await known.authenticate({ bearer: await token() });
    await known.authenticate({ bearer: await token() });
    expect(asked()).toBe(1);
    served = [await jwk(others.publicKey, "k2")];
    now += 31_000;
    const rotated = await token({ key: others.privateKey, kid: "k2" });
    expect(await known.authenticate({ bearer: rotated })).toMatchObject({ name: "alice" });
    const stranger = await token({ kid: "k9" });
    await Promise.all([1, 2, 3].map(() => known.authenticate({ bearer: stranger })));
    expect(asked()).toBe(2);
  });

  test("a provider that is away lets nobody in, and is a fault", async () => {
    const away: HttpClient = { ...http, send: () => Promise.reject(new Fault("http.unreachable", ISSUER)) };
    await expect(authenticator(away).authenticate({ bearer: await token() })).rejects.toMatchObject({
      id: "http.unreachable",
    });
  });

  test("a discovery document of another issuer is not believed", async () => {
    const { http: liar } = provider(async () => [await jwk(keys.publicKey, "k1")], "https://other.example");
    await expect(authenticator(liar).authenticate({ bearer: await token() })).rejects.toMatchObject({
      id: "http.malformed",
    });
  });
});

async function askedAfter(http: HttpClient, issuedSecondsAgo: number): Promise<unknown> {
  return authenticator(http).authenticate({ bearer: await token({ issuedSecondsAgo }) });
}

import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { afterEach, describe, expect, test } from "vitest";
import { parseUnixMs, type UnixMs } from "../../../core/time.ts";
import { seededKeys } from "./keys.ts";
import { startOidcIssuer, type OidcIssuer, type ServiceAccountTokenRequest } from "./oidc-issuer.ts";

const REQUEST: ServiceAccountTokenRequest = {
  namespace: "payments-prod",
  serviceAccount: "builder",
  serviceAccountUid: "7f0c1c8e-0000-4000-8000-000000000001",
  pod: { name: "build-1-pod", uid: "7f0c1c8e-0000-4000-8000-000000000002" },
  node: { name: "worker-1", uid: "7f0c1c8e-0000-4000-8000-000000000003" },
  audience: "sigstore",
  expirationSeconds: 600,
};

const started: OidcIssuer[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((issuer) => issuer.close()));
});

describe("startOidcIssuer", () => {
  test.each(["p256", "rsa2048"] as const)("issues tokens with %s that a client verifies by discovery", async (kind) => {
    const issuer = await start(undefined, kind);
    const discovery = (await (await fetch(`${issuer.issuer}/.well-known/openid-configuration`)).json()) as {
      issuer: string;
      jwks_uri: string;
      id_token_signing_alg_values_supported: string[];
    };
    expect(discovery.issuer).toBe(issuer.issuer);
    const { payload } = await jwtVerify(issuer.issueToken(REQUEST), createRemoteJWKSet(new URL(discovery.jwks_uri)), {
      issuer: issuer.issuer,
      audience: "sigstore",
      algorithms: discovery.id_token_signing_alg_values_supported,
      currentDate: new Date(NOW),
    });
    expect(payload).toMatchObject({
      sub: "system:serviceaccount:payments-prod:builder",
      iat: NOW / 1000,
      nbf: NOW / 1000,
      exp: NOW / 1000 + 600,
      "kubernetes.io": {
        namespace: "payments-prod",
        serviceaccount: { name: "builder", uid: REQUEST.serviceAccountUid },
        pod: REQUEST.pod,
        node: REQUEST.node,
      },
    });
    expect(payload.jti).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("names another issuer than its socket when told", async () => {
    const issuer = await start("https://kubernetes.default.svc");
    const [, payload = ""] = issuer.issueToken({ ...REQUEST, jti: "given" }).split(".");
    expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toMatchObject({
      iss: "https://kubernetes.default.svc",
      jti: "given",
    });
  });

  test("keeps the key id and leaves out what the token is not bound to", async () => {
    const issuer = await start();
    const { pod: _, node: __, ...unbound } = REQUEST;
    const token = issuer.issueToken(unbound);
    expect(decodeProtectedHeader(token).kid).toBe(issuer.jwks.keys[0]?.["kid"]);
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    expect(Object.keys(claims["kubernetes.io"])).toEqual(["namespace", "serviceaccount"]);
  });

  test("answers 404 elsewhere", async () => {
    const issuer = await start();
    expect((await fetch(`${issuer.url}/openid/v1/keys`)).status).toBe(404);
  });
});

const NOW = (parseUnixMs(1_790_000_000_000) ?? 0) as UnixMs;

async function start(name?: string, kind: "p256" | "rsa2048" = "p256"): Promise<OidcIssuer> {
  const key = await seededKeys("test")("oidc", kind);
  const issuer = await startOidcIssuer({ key, now: () => NOW, ...(name ? { issuer: name } : {}) });
  started.push(issuer);
  return issuer;
}

import { afterAll, describe, expect, test } from "vitest";
import { secret } from "../../core/secret.ts";
import { clusterIssuerContract, type IssuerWorld } from "../../ports/cluster-issuer.contract.ts";
import { undiciHttpClient } from "../http/client.ts";
import { systemClock } from "../system/clock.ts";
import { systemRandom } from "../system/random.ts";
import { startApiServer, type ApiServerOptions } from "../virtual/cluster/api-server.ts";
import { newKeys } from "../virtual/sigstore/keys.ts";
import { startOidcIssuer } from "../virtual/sigstore/oidc-issuer.ts";
import type { Outage } from "../virtual/serve.ts";
import { kubernetesIssuer } from "./issuer.ts";

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0).toReversed()) await close(); // oxlint-disable-line no-await-in-loop -- the client before its server
});

clusterIssuerContract("kubernetes over the stand-in", () => start());

describe("kubernetesIssuer", () => {
  const never = new AbortController().signal;

  test.each<[number, string]>([
    [401, "cluster.unauthorized"],
    [403, "cluster.forbidden"],
    [404, "cluster.malformed"],
    [503, "cluster.unreachable"],
  ])("an answer of %i is %s", async (status, id) => {
    const { issuer } = await start({ outage: () => ({ status }) });
    await expect(issuer.discovery(never)).rejects.toMatchObject({ id });
  });

  test("a token that is not there is a malformed answer", async () => {
    const { issuer } = await start({ outage: tokenless });
    const asked = { namespace: "ci", serviceAccount: "signer", audience: "sigstore", expirationSeconds: 600 };
    await expect(issuer.requestToken(asked, never)).rejects.toMatchObject({ id: "cluster.malformed" });
  });

  test("OpenShift's setting is read, and empty when it is unset", async () => {
    expect(await (await answering({})).openshiftIssuer(never)).toBe("");
    expect(await (await answering({ serviceAccountIssuer: "https://a.example" })).openshiftIssuer(never)).toBe(
      "https://a.example",
    );
  });
});

async function answering(spec: object) {
  return (await start({ outage: () => ({ status: 200, body: JSON.stringify({ metadata: {}, spec }) }) })).issuer;
}

const tokenless: Outage = ({ method }) => (method === "POST" ? { status: 201, body: "{}" } : undefined);
const now = () => systemClock.now();

async function start(options: Partial<ApiServerOptions> = {}): Promise<IssuerWorld> {
  const issuer = await startOidcIssuer({ key: await newKeys("issuer", "p256"), now });
  const server = await startApiServer({
    now,
    issueToken: issuer.issueToken,
    issuer,
    apiAudiences: ["api"],
    ...options,
  });
  const http = undiciHttpClient();
  closing.push(...[issuer, server, http].map((opened) => async () => opened.close()));
  const put = (plural: string, name: string, spec = {}) =>
    server.objects.create(server.resource(plural), { metadata: { name, namespace: "ci", uid: `uid-${name}` }, spec });
  put("serviceaccounts", "signer");
  put("serviceaccounts", "idle");
  put("pods", "sign-pod", { serviceAccountName: "signer", nodeName: "n1" });
  const token = { read: async () => secret(server.adminToken) };
  const clock = { now, sleep: async () => undefined };
  return {
    issuer: kubernetesIssuer({ name: "prod", server: server.url, http, clock, random: systemRandom, token }),
    pod: { name: "sign-pod", uid: "uid-sign-pod" },
    name: issuer.issuer,
    apiAudience: "api",
  };
}

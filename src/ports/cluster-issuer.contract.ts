import { beforeAll, describe, expect, test } from "vitest";
import { readDiscovery, readKeyIds } from "../core/health/read-issuer-documents.ts";
import { readToken, readTokenHeader } from "../core/identity/token.ts";
import { secret } from "../core/secret.ts";
import type { ClusterIssuer, PodRef } from "./cluster-issuer.ts";

/** A cluster with the namespace `ci`, the accounts `signer` and `idle` in it, and a pod that runs as the first. */
export type IssuerWorld = {
  readonly issuer: ClusterIssuer;
  readonly pod: PodRef;
  /** What tokens are issued by. */
  readonly name: string;
  /** An audience of the API server itself. */
  readonly apiAudience: string;
};

const never: AbortSignal = new AbortController().signal;
const SIGNER = { namespace: "ci", serviceAccount: "signer" };

/** What every ClusterIssuer does. */
export function clusterIssuerContract(name: string, make: () => Promise<IssuerWorld>): void {
  describe(`ClusterIssuer: ${name}`, () => {
    let world: IssuerWorld;
    beforeAll(async () => {
      world = await make();
    });

    test("issues a token of ten minutes, bound to the pod, with a key that its documents name", async () => {
      const { issuer, pod, name: named } = world;
      const token = await issuer.requestToken({ ...SIGNER, audience: "sigstore", expirationSeconds: 600, pod }, never);
      const claims = token.use(readToken);
      if (!claims.ok) throw new Error(claims.detail);
      expect(claims.value).toMatchObject({
        issuer: named,
        audiences: ["sigstore"],
        subject: "system:serviceaccount:ci:signer",
        jti: expect.any(String) as string,
        kubernetes: { ...SIGNER, pod },
      });
      expect(claims.value.expiresAt - claims.value.issuedAt).toBe(600_000);
      const discovery = readDiscovery(await issuer.discovery(never));
      const { keyId, algorithm } = token.use(readTokenHeader);
      expect(discovery?.issuer).toBe(named);
      expect(discovery?.algorithms).toContain(algorithm);
      expect(readKeyIds(await issuer.keys(never))).toContain(keyId);
    });

    test("finds the pod that runs as an account, and none where none does", async () => {
      expect(await world.issuer.podOf(SIGNER, never)).toEqual(world.pod);
      expect(await world.issuer.podOf({ ...SIGNER, serviceAccount: "idle" }, never)).toBeUndefined();
    });

    test("takes a token of its own audience for a credential, and no other", async () => {
      const { issuer, apiAudience } = world;
      const tokenFor = (audience: string) =>
        issuer.requestToken({ ...SIGNER, audience, expirationSeconds: 600 }, never);
      expect(await issuer.takes(await tokenFor(apiAudience), never)).toBe(true);
      expect(await issuer.takes(await tokenFor("sigstore"), never)).toBe(false);
      expect(await issuer.takes(secret("no-token"), never)).toBe(false);
    });

    test("an account that there is not is no token, and a pod of another account neither", async () => {
      const asked = { ...SIGNER, audience: "sigstore", expirationSeconds: 600 };
      await expect(world.issuer.requestToken({ ...asked, serviceAccount: "nobody" }, never)).rejects.toMatchObject({
        id: "cluster.malformed",
      });
      const { pod } = world;
      const foreign = world.issuer.requestToken({ ...asked, serviceAccount: "idle", pod }, never);
      await expect(foreign).rejects.toMatchObject({ name: "Fault" });
    });

    test("knows no setting of OpenShift where there is no OpenShift", async () => {
      expect(await world.issuer.openshiftIssuer(never)).toBeNull();
    });

    test("tells the time", async () => {
      const { dateMs, before, after } = await world.issuer.readClock(never);
      expect(dateMs).toBeGreaterThan(before - 5_000);
      expect(dateMs).toBeLessThan(after + 5_000);
    });
  });
}

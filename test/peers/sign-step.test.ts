import { execFile } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildSignStep } from "../../tools/build-sign-step.ts";
import { openStepCluster } from "../setup/step-cluster.ts";
import { openStepWorld, type StepWorld } from "../setup/step-world.ts";
import { peer, SAN } from "./peer-world.ts";

const COSIGN = peer("cosign-v3.1.3") ?? "";

describe.skipIf(COSIGN === "").each([1, 2] as const)("cosign v3.1.3 and the signing executable, Rekor v%i", (log) => {
  let world: StepWorld;
  beforeAll(async () => {
    world = await openStepWorld(log);
    await buildSignStep(world.at("countersign-sign"));
  });
  afterAll(() => world.close());

  const run = (program: string, args: readonly string[]): Promise<{ readonly exit: number; readonly err: string }> =>
    new Promise((done) => {
      const env = { PATH: process.env["PATH"], HOME: world.at(".") };
      execFile(program, args, { env, timeout: 60_000 }, (error, _, err) => {
        done({ exit: error && typeof error.code === "number" ? error.code : error ? -1 : 0, err });
      });
    });
  const cosign = (verb: readonly string[], san = SAN) => {
    const [issuer] = world.sigstore.issuers.values();
    const whom = ["--certificate-identity", san, "--certificate-oidc-issuer", issuer?.issuer ?? ""];
    return run(COSIGN, [...verb, "--trusted-root", world.at("trusted_root.json"), ...whom]);
  };

  test("cosign verifies the index, its children and the SBOM, as this identity's and no other's", async () => {
    const index = await world.newIndex(2);
    const argv = world.argv(index, { recursive: "true", sbom: await world.newSbom() });
    expect(await run(world.at("countersign-sign"), argv)).toMatchObject({ exit: 0, err: "" });
    const ref = `${index.repository}@${index.digest}`;
    expect(await cosign(["verify", ref])).toMatchObject({ exit: 0 });
    expect(await cosign(["verify-attestation", ref, "--type", "cyclonedx"])).toMatchObject({ exit: 0 });
    expect((await cosign(["verify", ref], `${SAN}x`)).exit).not.toBe(0);
    expect((await cosign(["verify-attestation", ref, "--type", "slsaprovenance1"])).exit).not.toBe(0);
    for (const child of index.children) {
      // oxlint-disable-next-line no-await-in-loop -- two
      expect(await cosign(["verify", `${index.repository}@${child}`])).toMatchObject({ exit: 0 });
    }
  });

  test("cosign verifies the provenance, as that of this run", async () => {
    const cluster = await openStepCluster(world);
    const image = await world.newImage();
    cluster.putRun(image.digest);
    expect(await run(world.at("countersign-sign"), world.argv(image, cluster.arguments))).toMatchObject({ exit: 0 });
    await cluster.close();
    await world.writePlacement();
    const verify = ["verify-attestation", `${image.repository}@${image.digest}`, "--type", "slsaprovenance1"];
    expect(await cosign(verify)).toMatchObject({ exit: 0 });
    expect((await cosign(verify, `${SAN}x`)).exit).not.toBe(0);
  });

  test("finds what cosign has signed, and signs no second time", async () => {
    const image = await world.newImage();
    const where = [
      "--trusted-root",
      world.at("trusted_root.json"),
      "--signing-config",
      world.at("signing_config.json"),
    ];
    const token = ["--identity-token", world.at("token"), "--yes"];
    const ref = `${image.repository}@${image.digest}`;
    expect(await run(COSIGN, ["sign", ref, ...token, ...where])).toMatchObject({ exit: 0 });
    expect(await run(world.at("countersign-sign"), world.argv(image))).toMatchObject({ exit: 0 });
    expect((await world.results()).LOG_ENTRIES).toContain('"reused":true');
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPeerWorld, peer, SAN, type PeerWorld, type Ran } from "./peer-world.ts";

const COSIGN = peer("cosign-v3.1.3") ?? "";
const SLSA = "https://slsa.dev/provenance/v1";

describe.skipIf(COSIGN === "").each([
  ["Rekor v1", "signing_config1.json"],
  ["Rekor v2", "signing_config2.json"],
])("cosign v3.1.3 and countersign, %s", (_, signingConfig) => {
  let world: PeerWorld;
  beforeAll(async () => {
    world = await openPeerWorld();
  });
  afterAll(() => world.close());

  const trust = (): string[] => ["--trusted-root", world.at("trusted_root.json")];
  const whom = (): string[] => ["--certificate-identity", SAN, "--certificate-oidc-issuer", world.issuer];
  const where = (): string[] => [...trust(), "--signing-config", world.at(signingConfig)];
  const cosign = (args: readonly string[]): Promise<Ran> => world.run(COSIGN, args);
  const cosignToken = (): string[] => ["--identity-token", world.at("token"), "--yes"];
  const ourToken = (): string[] => ["--token-file", world.at("token")];

  test("an image: cosign verifies what we sign", async () => {
    const { ref } = await world.newImage();
    expect(await world.countersign(["sign", "image", ref, ...ourToken(), ...where()])).toMatchObject({ exit: 0 });
    expect(await cosign(["verify", ref, ...trust(), ...whom()])).toMatchObject({ exit: 0 });
    const other = ["--certificate-identity", `${SAN}x`, "--certificate-oidc-issuer", world.issuer];
    expect((await cosign(["verify", ref, ...trust(), ...other])).exit).not.toBe(0);
  });

  test("an image: we verify what cosign signs", async () => {
    const { ref } = await world.newImage();
    expect(await cosign(["sign", ref, ...cosignToken(), ...where()])).toMatchObject({ exit: 0 });
    expect(await world.countersign(["verify", ref, ...trust(), ...whom()])).toMatchObject({ exit: 0 });
    const other = ["--certificate-identity", `${SAN}x`, "--certificate-oidc-issuer", world.issuer];
    expect(await world.countersign(["verify", ref, ...trust(), ...other])).toMatchObject({ exit: 1 });
  });

  test("an image: we find what cosign has signed, and sign no second time", async () => {
    const { ref } = await world.newImage();
    expect(await cosign(["sign", ref, ...cosignToken(), ...where()])).toMatchObject({ exit: 0 });
    const ran = await world.countersign(["sign", "image", ref, ...ourToken(), ...where(), "-o", "json"]);
    expect(JSON.parse(ran.out)).toMatchObject({ verdict: { kind: "pass" }, signatures: [{ reused: true }] });
  });

  test("a file: each verifies what the other signs", async () => {
    const [file, ours, theirs] = [world.at("file.txt"), world.at("ours.json"), world.at("theirs.json")];
    const sign = ["sign", "blob", file, "--bundle-out", ours, ...ourToken(), ...where()];
    expect(await world.countersign(sign)).toMatchObject({ exit: 0 });
    expect(await cosign(["verify-blob", file, "--bundle", ours, ...trust(), ...whom()])).toMatchObject({ exit: 0 });
    const signBlob = ["sign-blob", file, "--bundle", theirs, ...cosignToken(), ...where()];
    expect(await cosign(signBlob)).toMatchObject({ exit: 0 });
    const verify = ["verify", file, "--bundle", theirs, ...trust(), ...whom()];
    expect(await world.countersign(verify)).toMatchObject({ exit: 0 });
  });

  test("an attestation: each verifies what the other signs, and takes it for no signature", async () => {
    const [first, second] = await Promise.all([world.newImage(), world.newImage()]);
    const predicate = ["--predicate", world.at("predicate.json")];
    const attest = ["sign", "attest", first.ref, ...predicate, "--predicate-type", SLSA, ...ourToken(), ...where()];
    expect(await world.countersign(attest)).toMatchObject({ exit: 0 });
    const verifyTheirs = ["verify-attestation", first.ref, "--type", SLSA, ...trust(), ...whom()];
    expect(await cosign(verifyTheirs)).toMatchObject({ exit: 0 });

    const cosignAttest = ["attest", second.ref, ...predicate, "--type", SLSA, ...cosignToken(), ...where()];
    expect(await cosign(cosignAttest)).toMatchObject({ exit: 0 });
    const verifyOurs = ["verify", second.ref, "--type", SLSA, ...trust(), ...whom()];
    expect(await world.countersign(verifyOurs)).toMatchObject({ exit: 0 });
    expect(await world.countersign(["verify", second.ref, ...trust(), ...whom()])).toMatchObject({ exit: 1 });
  });
});

describe.skipIf(COSIGN === "")("cosign v3.1.3 and countersign, where signatures lie elsewhere", () => {
  let world: PeerWorld;
  beforeAll(async () => {
    world = await openPeerWorld({ registry: { referrersApi: false } });
  });
  afterAll(() => world.close());

  const trust = (): string[] => ["--trusted-root", world.at("trusted_root.json")];
  const whom = (): string[] => ["--certificate-identity", SAN, "--certificate-oidc-issuer", world.issuer];
  const where = (): string[] => [...trust(), "--signing-config", world.at("signing_config1.json")];

  test("under the fallback tag of a registry without referrers: each verifies what the other signs", async () => {
    const { ref } = await world.newImage();
    const ours = ["sign", "image", ref, "--token-file", world.at("token"), ...where()];
    expect(await world.countersign(ours)).toMatchObject({ exit: 0 });
    expect(await world.run(COSIGN, ["verify", ref, ...trust(), ...whom()])).toMatchObject({ exit: 0 });
    const second = await world.newImage();
    const theirs = ["sign", second.ref, "--identity-token", world.at("token"), "--yes", ...where()];
    expect(await world.run(COSIGN, theirs)).toMatchObject({ exit: 0 });
    expect(await world.countersign(["verify", second.ref, ...trust(), ...whom()])).toMatchObject({ exit: 0 });
  });

  test("in the older layout: cosign verifies image and attestation as we write them", async () => {
    const { ref } = await world.newImage();
    const ours = ["--layout", "legacy", "--token-file", world.at("token"), ...where()];
    expect(await world.countersign(["sign", "image", ref, ...ours])).toMatchObject({ exit: 0 });
    expect(await world.run(COSIGN, ["verify", ref, ...trust(), ...whom()])).toMatchObject({ exit: 0 });
    const attest = [
      "sign",
      "attest",
      ref,
      "--predicate",
      world.at("predicate.json"),
      "--predicate-type",
      SLSA,
      ...ours,
    ];
    expect(await world.countersign(attest)).toMatchObject({ exit: 0 });
    const verify = ["verify-attestation", ref, "--type", SLSA, ...trust(), ...whom()];
    expect(await world.run(COSIGN, verify)).toMatchObject({ exit: 0 });
    expect(await world.countersign(["verify", ref, ...trust(), ...whom()])).toMatchObject({ exit: 0 });
  });
});

import { bundleFromJSON, bundleToJSON } from "@sigstore/bundle";
import { SigningConfig, TrustedRoot } from "@sigstore/protobuf-specs";
import { bundleBuilderFromSigningConfig } from "@sigstore/sign";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseUtf8 } from "../../src/core/bytes/utf8.ts";
import { sha256 } from "../../src/core/digest.ts";
import { toHex } from "../../src/core/bytes/hex.ts";
import { BUILDER, openPeerWorld, readJsonFile, SAN, type PeerWorld } from "./peer-world.ts";

const SLSA = "https://slsa.dev/provenance/v1";
const STATEMENT_TYPE = "application/vnd.in-toto+json";

describe.each<[1 | 2, unknown]>([
  [1, 0],
  // It still sends the kind of entry that Rekor v2 takes no more since v2.3.0.
  [2, expect.stringMatching(/400.*dsseRequestV002/)],
])("@sigstore/sign and @sigstore/verify from npm, Rekor v%i", (version, attests) => {
  let world: PeerWorld;
  beforeAll(async () => {
    world = await openPeerWorld();
  });
  afterAll(() => world.close());

  const where = (): string[] => [
    "--trusted-root",
    world.at("trusted_root.json"),
    "--signing-config",
    world.at(`signing_config${version}.json`),
  ];
  const whom = (): string[] => ["--certificate-identity", SAN, "--certificate-oidc-issuer", world.issuer];

  /** Throws what the peer throws when it refuses. */
  const verifyTheirs = async (bundlePath: string, artifact?: Buffer): Promise<string | undefined> => {
    const root = TrustedRoot.fromJSON(JSON.parse(parseUtf8(world.sigstore.trustedRoot) ?? ""));
    const bundle = bundleFromJSON(await readJsonFile(bundlePath));
    const policy = { subjectAlternativeName: SAN, extensions: { issuer: world.issuer } };
    const signer = new Verifier(toTrustMaterial(root)).verify(toSignedEntity(bundle, artifact), policy);
    return signer.identity?.subjectAlternativeName;
  };

  const signTheirs = async (bundleType: "messageSignature" | "dsseEnvelope", data: Buffer): Promise<string> => {
    const builder = bundleBuilderFromSigningConfig({
      signingConfig: SigningConfig.fromJSON(JSON.parse(parseUtf8(world.sigstore.signingConfigs[version]) ?? "")),
      identityProvider: { getToken: async () => world.sigstore.issueToken(BUILDER) },
      bundleType,
      fetchOptions: { retry: 0, timeout: 20_000 },
    });
    const bundle = await builder.create({ data, ...(bundleType === "dsseEnvelope" && { type: STATEMENT_TYPE }) });
    const path = world.at(`theirs-${bundleType}.json`);
    await writeFile(path, JSON.stringify(bundleToJSON(bundle)));
    return path;
  };

  test("a file: it verifies what we sign", async () => {
    const [file, bundle] = [world.at("file.txt"), world.at("ours.json")];
    const args = ["sign", "blob", file, "--bundle-out", bundle, "--token-file", world.at("token"), ...where()];
    expect(await world.countersign(args)).toMatchObject({ exit: 0 });
    expect(await verifyTheirs(bundle, await readFile(file))).toBe(SAN);
    await expect(verifyTheirs(bundle, Buffer.from("another file"))).rejects.toThrow(/signature/);
  });

  test("a file: we verify what it signs", async () => {
    const file = world.at("file.txt");
    const bundle = await signTheirs("messageSignature", await readFile(file));
    const args = ["verify", file, "--bundle", bundle, "--trusted-root", world.at("trusted_root.json"), ...whom()];
    expect(await world.countersign(args)).toMatchObject({ exit: 0 });
  });

  test("an attestation: it verifies what we sign", async () => {
    const { ref } = await world.newImage();
    const predicate = ["--predicate", world.at("predicate.json"), "--predicate-type", SLSA];
    const bundle = world.at("ours-dsse.json");
    const args = [
      "sign",
      "attest",
      ref,
      ...predicate,
      "--bundle-out",
      bundle,
      "--token-file",
      world.at("token"),
      ...where(),
    ];
    expect(await world.countersign(args)).toMatchObject({ exit: 0 });
    expect(await verifyTheirs(bundle)).toBe(SAN);
  });

  test("an attestation: we verify what it signs, where it signs as the log takes it", async () => {
    const file = world.at("file.txt");
    const signed = await signTheirs("dsseEnvelope", await statementOf(file)).catch((error: Error) => error);
    const args = ["verify", file, "--type", SLSA, "--trusted-root", world.at("trusted_root.json"), ...whom()];
    const outcome =
      signed instanceof Error ? signed.message : (await world.countersign([...args, "--bundle", signed])).exit;
    expect(outcome).toEqual(attests);
  });
});

async function statementOf(file: string): Promise<Buffer> {
  const digest = { sha256: toHex(sha256(await readFile(file))) };
  const subject = [{ digest }];
  return Buffer.from(
    JSON.stringify({ _type: "https://in-toto.io/Statement/v1", subject, predicateType: SLSA, predicate: {} }),
  );
}

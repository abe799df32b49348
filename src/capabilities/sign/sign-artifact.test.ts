import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  BUILDER,
  judgeAt,
  never,
  newTarget,
  openSignerWorld,
  type SignerWorld,
  type Target,
} from "../../../test/setup/signer-world.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { parseUtf8, toUtf8 } from "../../core/bytes/utf8.ts";
import { toServiceAccountSan } from "../../core/identity/identity.ts";
import { judgeBundle } from "../../core/verify/judge-bundle.ts";
import { secret, type Secret } from "../../core/secret.ts";
import type { MadeSignature, SigningJob, SigningOutcome, SigningPorts } from "./job.ts";
import { signArtifact } from "./sign-artifact.ts";

const SLSA = "https://slsa.dev/provenance/v1";

describe.each(["rekor1", "rekor2"] as const)("signArtifact with %s", (kind) => {
  let world: SignerWorld;
  beforeAll(async () => {
    world = await openSignerWorld(kind);
  });
  afterAll(() => world.close());

  const sign = (
    jobs: readonly [SigningJob, ...SigningJob[]],
    change: Partial<SigningPorts> = {},
  ): Promise<SigningOutcome> => signArtifact({ ...world.ports, ...change })(jobs, never);
  const target = (): Promise<Target> => newTarget(world, "referrer");
  const verify = (at: Target, outcome: SigningOutcome, type: string) => judgeAt(world, at, outcome.identity, type);

  test("signs an image so that it verifies, as who the token says", async () => {
    const at = await target();
    const outcome = await sign([{ kind: "image", image: at }]);
    expect(outcome).toMatchObject({
      verdict: { kind: "pass" },
      identity: { san: toServiceAccountSan(BUILDER), sanType: "uri" },
      credentialId: expect.stringMatching(/^JTI=/) as string,
      signatures: [{ reused: false, subject: { repository: at.repository, digest: at.image.digest } }],
    });
    expect((await verify(at, outcome, "signature")).verdict).toEqual({ kind: "pass" });
  });

  test("signs an image, an SBOM and provenance with one certificate, each an entry of its own", async () => {
    const at = await target();
    const before = world.log.size();
    const outcome = await sign([
      { kind: "image", image: at },
      {
        kind: "attestation",
        image: at,
        predicateType: "https://cyclonedx.org/bom",
        predicate: { bomFormat: "CycloneDX" },
      },
      { kind: "attestation", image: at, predicateType: SLSA, predicate: { buildDefinition: {} } },
    ]);
    expect([new Set(outcome.signatures.map(leafOf)).size, world.log.size() - before]).toEqual([1, 3]);
    expect((await verify(at, outcome, SLSA)).verdict).toEqual({ kind: "pass" });
  });

  test("does not take an attestation of the right identity for a signature of the image", async () => {
    const at = await target();
    const outcome = await sign([{ kind: "attestation", image: at, predicateType: SLSA, predicate: {} }]);
    expect((await verify(at, outcome, "signature")).verdict).toMatchObject({
      reasons: [{ reason: "signature-missing" }],
    });
    expect((await verify(at, outcome, "https://slsa.dev/provenance/v2")).verdict.kind).toBe("fail");
  });

  test("signs a file and a statement into bundles that verify by themselves", async () => {
    const bytes = toUtf8("a file");
    const digest = { sha256: "ab".repeat(32) };
    const statement = {
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ digest }],
      predicateType: "x:y",
      predicate: {},
    };
    const outcome = await sign([
      { kind: "blob", bytes },
      { kind: "statement", payload: toUtf8(JSON.stringify(statement)) },
    ]);
    const [blob, said] = outcome.signatures;
    const policy = { identity: outcome.identity ?? { issuer: "", san: "" } };
    const { trust } = world.ports.domain;
    const judged = judgeBundle(blob?.bytes ?? bytes, { kind: "bytes", bytes }, trust, policy);
    expect(judged.verdict).toEqual({ kind: "pass" });
    const other = judgeBundle(blob?.bytes ?? bytes, { kind: "bytes", bytes: toUtf8("another file") }, trust, policy);
    expect(other.verdict.kind).toBe("fail");
    expect(said?.facts.statement).toMatchObject({ predicateType: "x:y" });
  });

  test("writes a v0.3 bundle with the leaf alone", async () => {
    const outcome = await sign([{ kind: "blob", bytes: toUtf8("a file") }]);
    const bundle = JSON.parse(parseUtf8(outcome.signatures[0]?.bytes ?? toUtf8("{}")) ?? "") as Record<string, object>;
    expect(bundle["mediaType"]).toBe("application/vnd.dev.sigstore.bundle.v0.3+json");
    expect(Object.keys(bundle["verificationMaterial"] ?? {})).toContain("certificate");
    expect(JSON.stringify(bundle)).not.toContain("x509CertificateChain");
  });

  test("signs an index and, when asked, each of its manifests", async () => {
    const { repository, image } = await world.newImage();
    const { registry } = world.ports;
    const index = { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: [image] };
    const bytes = toUtf8(JSON.stringify(index));
    const pushed = await registry.pushManifest(repository, { mediaType: index.mediaType, bytes, tag: "multi" }, never);
    const at = { repository, reference: "multi", layout: "referrer" } as const;
    const outcome = await sign([{ kind: "image", image: at, recursive: true }]);
    expect(outcome.signatures.map(({ subject }) => subject?.digest)).toEqual([pushed.digest, image.digest]);
    expect((await sign([{ kind: "image", image: at }])).signatures).toHaveLength(1);
  });

  test("finds what is signed already, and leaves no second entry", async () => {
    const at = await target();
    const jobs: [SigningJob, SigningJob] = [
      { kind: "image", image: at },
      { kind: "attestation", image: at, predicateType: SLSA, predicate: { a: 1, b: [2] } },
    ];
    const first = await sign(jobs);
    const size = world.log.size();
    const second = await sign(jobs);
    expect(second.signatures.map(({ reused, manifest }) => [reused, manifest])).toEqual(
      first.signatures.map(({ manifest }) => [true, manifest]),
    );
    expect([second.identity, world.log.size()]).toEqual([first.identity, size]);
    const other: SigningJob = { kind: "attestation", image: at, predicateType: SLSA, predicate: { a: 2 } };
    expect((await sign([other])).signatures).toMatchObject([{ reused: false }]);
  });

  test.each<[string, Partial<typeof BUILDER>, string]>([
    ["another audience", { audience: "kubernetes" }, "token-audience"],
    ["a life of hours", { expirationSeconds: 7200 }, "token-too-long-lived"],
    ["seconds to live", { expirationSeconds: 59 }, "token-expiring"],
  ])("refuses a token with %s before anybody sees it", async (_, change, reason) => {
    const token = await tokenWith(world, change);
    const authorities = { needed: 1, services: [] };
    const domain = { ...world.ports.domain, authorities };
    const outcome = await sign([{ kind: "blob", bytes: toUtf8("x") }], { domain, tokens: { read: async () => token } });
    expect(outcome).toMatchObject({ verdict: { kind: "fail", reasons: [{ reason }] }, signatures: [] });
  });

  test.each<[string, string, string, string]>([
    ["a tag that is not there", "", "v2", "registry-not-found"],
    ["a repository that may not be signed", "-b", "v1", "placement-repository"],
  ])("refuses %s", async (_, suffix, reference, reason) => {
    const { repository } = await world.newImage();
    const domain = { ...world.ports.domain, repositories: [repository] };
    const image = { repository: `${repository}${suffix}`, reference, layout: "referrer" } as const;
    const outcome = await sign([{ kind: "image", image }], { domain });
    expect(outcome).toMatchObject({ verdict: { reasons: [{ reason }] }, signatures: [] });
  });
});

function leafOf({ bundle }: MadeSignature): string {
  return bundle.key.kind === "certificate" ? toHex(bundle.key.leaf) : "";
}

async function tokenWith(world: SignerWorld, change: Partial<typeof BUILDER>): Promise<Secret<string>> {
  return secret(world.issueToken({ ...BUILDER, ...change }));
}

import { afterAll, beforeAll, expect, test } from "vitest";
import {
  IMAGE_TYPE,
  judgeAt,
  never,
  newTarget,
  openSignerWorld,
  type SignerWorld,
  type Target,
} from "../../../test/setup/signer-world.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { digestRefOf } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import type { Identity } from "../../core/identity/identity.ts";
import { legacyTag } from "../../core/sign/legacy.ts";
import { EMPTY_BLOB } from "../../core/sign/referrer.ts";
import type { Registry } from "../../ports/registry.ts";
import { signArtifact } from "../sign/sign-artifact.ts";
import { gatherSignatures } from "./gather-signatures.ts";
import { verifyImage } from "./verify-image.ts";

const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const UNKNOWN = digestRefOf(toUtf8("unknown"));
let world: SignerWorld;
let identity: Identity;

beforeAll(async () => {
  world = await openSignerWorld("rekor1");
  identity = (await signed("referrer")).identity;
});
afterAll(() => world.close());

/** An image with one good signature. */
async function signed(layout: Target["layout"]): Promise<{ at: Target; identity: Identity }> {
  const at = await newTarget(world, layout);
  const outcome = await signArtifact(world.ports)([{ kind: "image", image: at }], never);
  if (!outcome.identity) throw new Error(JSON.stringify(outcome.verdict));
  return { at, identity: outcome.identity };
}

/** Attaches a blob to an image as if it were a bundle. */
async function attach({ repository, image }: Target, blob: Uint8Array, change: object = {}): Promise<void> {
  const { registry } = world.ports;
  const empty = await registry.pushBlob(repository, EMPTY_BLOB, never);
  const layer = await registry.pushBlob(repository, blob, never);
  const manifest = {
    schemaVersion: 2,
    mediaType: IMAGE_TYPE,
    artifactType: BUNDLE,
    config: { ...empty, mediaType: "application/vnd.oci.empty.v1+json" },
    layers: [{ ...layer, mediaType: BUNDLE }],
    subject: { mediaType: IMAGE_TYPE, digest: image.digest, size: image.size },
    ...change,
  };
  await registry.pushManifest(repository, { mediaType: IMAGE_TYPE, bytes: toUtf8(JSON.stringify(manifest)) }, never);
}

const bundleOf = async ({ repository, image }: Target): Promise<Uint8Array> => {
  const { signatures } = await gatherSignatures(world.ports.registry, { repository, digest: image.digest }, never);
  const blob = signatures[0] && (await world.ports.registry.blob(repository, signatures[0].blob, 100_000, never));
  return blob ?? new Uint8Array(0);
};
const judge = (at: Target) => judgeAt(world, at, identity, "signature");

test("says that there is no such image", async () => {
  const at = await newTarget(world, "referrer");
  const question = {
    repository: at.repository,
    reference: "v2",
    type: "signature",
    trust: world.ports.domain.trust,
  } as const;
  const answer = await verifyImage(world.ports.registry)({ ...question, policy: { identity } }, never);
  expect(answer).toMatchObject({ verdict: { reasons: [{ reason: "image-missing" }] }, judged: [] });
  expect(answer).not.toHaveProperty("digest");
});

test("says that nothing is beside the image", async () => {
  const at = await newTarget(world, "referrer");
  expect((await judge(at)).verdict).toMatchObject({ kind: "fail", reasons: [{ reason: "signature-missing" }] });
});

test("one good signature is enough, whatever lies beside it", async () => {
  const { at } = await signed("referrer");
  await attach(at, toUtf8("not a bundle"));
  const answer = await judge(at);
  expect(answer.verdict).toEqual({ kind: "pass" });
  expect(answer.unreadable).toMatchObject([{ code: "json-syntax" }]);
});

test("refuses another identity, with the reason", async () => {
  const { at } = await signed("referrer");
  const answer = await judgeAt(world, at, { ...identity, san: `${identity.san}x` }, "signature");
  expect(answer.verdict).toMatchObject({ kind: "fail", reasons: [{ reason: "identity-mismatch" }] });
});

test("refuses the signature of another image", async () => {
  const { at: other } = await signed("referrer");
  const at = await newTarget(world, "referrer");
  await attach(at, await bundleOf(other));
  expect((await judge(at)).verdict).toMatchObject({ kind: "fail", reasons: [{ reason: "subject-mismatch" }] });
});

test("refuses a simple-signing payload of another image under this image's tag", async () => {
  const { at: other } = await signed("legacy");
  const { registry } = world.ports;
  const { bytes } = (await registry.manifest(other.repository, legacyTag(other.image.digest, "sig"), never)) ?? {
    bytes: EMPTY_BLOB,
  };
  const again = { ...(await newTarget(world, "legacy")), repository: other.repository };
  const pushed = await registry.pushBlob(other.repository, toUtf8("{}"), never);
  const manifest = {
    schemaVersion: 2,
    mediaType: IMAGE_TYPE,
    config: { ...pushed, mediaType: "x/y" },
    layers: [],
    annotations: { n: "2" },
  };
  const image = await registry.pushManifest(
    other.repository,
    { mediaType: IMAGE_TYPE, bytes: toUtf8(JSON.stringify(manifest)) },
    never,
  );
  await registry.pushManifest(
    other.repository,
    { mediaType: IMAGE_TYPE, bytes, tag: legacyTag(image.digest, "sig") },
    never,
  );
  const verdict = (await judge({ ...again, image })).verdict;
  expect(verdict).toMatchObject({ kind: "fail", reasons: [{ reason: "payload-digest-mismatch" }] });
});

test.each<[string, object]>([
  ["another type of artifact", { artifactType: "application/vnd.example" }],
  ["a layer of another type", { layers: [{ mediaType: "text/plain", digest: digestRefOf(EMPTY_BLOB), size: 2 }] }],
])("passes over %s", async (_, change) => {
  const { at: other } = await signed("referrer");
  const at = await newTarget(world, "referrer");
  await attach(at, await bundleOf(other), change);
  expect((await judge(at)).verdict).toMatchObject({ reasons: [{ reason: "signature-missing" }] });
});

test("counts a manifest without layers as unreadable", async () => {
  const at = await newTarget(world, "referrer");
  await attach(at, EMPTY_BLOB, { layers: [] });
  expect((await judge(at)).verdict).toMatchObject({ kind: "fail", reasons: [{ reason: "signature-unreadable" }] });
});

/** A registry that is the real one but for some answers. */
const lying = (lie: Partial<Registry>): Registry => ({ ...world.ports.registry, ...lie });

test.each<[string, () => Partial<Registry>]>([
  ["a blob that is named and not there", () => ({ blob: async () => undefined })],
  [
    "a referrer that is listed and not there",
    () => ({ referrers: async () => [{ mediaType: IMAGE_TYPE, digest: UNKNOWN, size: 1, artifactType: BUNDLE }] }),
  ],
])("leaves the question open for %s", async (_, lie) => {
  const { at } = await signed("referrer");
  const question = {
    repository: at.repository,
    reference: at.image.digest,
    type: "signature",
    trust: world.ports.domain.trust,
  } as const;
  const answer = await verifyImage(lying(lie()))({ ...question, policy: { identity } }, never);
  expect(answer.verdict).toMatchObject({
    kind: "unknown",
    gaps: [{ detail: expect.stringContaining("not there") as string }],
  });
});

test("looks at a hundred signatures and says how many it did not", async () => {
  const at = await newTarget(world, "referrer");
  await attach(at, toUtf8("not a bundle"));
  const { registry } = world.ports;
  const [one] = await registry.referrers(at.repository, at.image.digest, never);
  const many = Array.from({ length: 102 }, () => one).flatMap((descriptor) => descriptor ?? []);
  let read = 0;
  const counted = lying({
    referrers: async () => many,
    blob: async (...args) => {
      read += 1;
      return registry.blob(...args);
    },
  });
  const gathered = await gatherSignatures(counted, { repository: at.repository, digest: at.image.digest }, never);
  expect([read, gathered.unreadable.length]).toEqual([100, 100]);
  expect(gathered.gaps).toMatchObject([
    { missing: "signatures", detail: expect.stringMatching(/^2 signatures/) as string },
  ]);
});

test("one thing that is too large hides nothing else", async () => {
  const { at } = await signed("referrer");
  await attach(at, toUtf8("large"));
  const large = digestRefOf(toUtf8("large"));
  const { registry, domain } = world.ports;
  const bounded = lying({
    blob: async (repository, digest, ...rest) =>
      digest === large
        ? Promise.reject(new Fault("registry.too-large", digest))
        : registry.blob(repository, digest, ...rest),
  });
  const question = {
    repository: at.repository,
    reference: at.image.digest,
    type: "signature",
    trust: domain.trust,
  } as const;
  const answer = await verifyImage(bounded)({ ...question, policy: { identity } }, never);
  expect(answer).toMatchObject({ verdict: { kind: "pass" }, unreadable: [{ code: "too-large" }] });
});

test.each(["referrers", "manifest", "blob"] as const)("lets a fault of `%s` through", async (method) => {
  const { at } = await signed("referrer");
  const failing = lying({ [method]: () => Promise.reject(new Fault("registry.unreachable", method)) });
  const name = { repository: at.repository, digest: at.image.digest };
  await expect(gatherSignatures(failing, name, never)).rejects.toMatchObject({ id: "registry.unreachable" });
});

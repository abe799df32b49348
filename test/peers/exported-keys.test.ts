import { generateKeyPairSync, sign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { undiciHttpClient } from "../../src/adapters/http/client.ts";
import { ociRegistry } from "../../src/adapters/oci/registry.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { policyControllerTarget } from "../../src/app/drill/policy-controller-target.ts";
import { verifyTarget } from "../../src/app/drill/verify-target.ts";
import { openImageEvidence } from "../../src/app/wiring/image-evidence.ts";
import { patternEngine } from "../../src/app/wiring/policy-set.ts";
import { bug } from "../../src/core/bug.ts";
import { SIMPLE_SIGNING_MEDIA_TYPE } from "../../src/core/bundle/detached.ts";
import { toBase64 } from "../../src/core/bytes/base64.ts";
import { digestRefOf } from "../../src/core/digest.ts";
import type { Exhibit } from "../../src/core/drill/exhibit.ts";
import { DRILL_BUILDER } from "../../src/core/drill/good.ts";
import { toPolicy } from "../../src/core/drill/to-policy.ts";
import type { ExchangeContext } from "../../src/core/policy/exports/engine.ts";
import { ALWAYS_FROM, ALWAYS_TO } from "../../src/core/policy/read/authority.ts";
import type { TrustPolicySet } from "../../src/core/policy/trust-policy.ts";
import { appendLegacyLayer, legacyTag, renderSimpleSigning } from "../../src/core/sign/legacy.ts";
import { IMAGE_MANIFEST_MEDIA_TYPE } from "../../src/core/sign/referrer.ts";
import { compileTrust } from "../../src/core/trust/compile-trust.ts";
import { readTrustedRoot } from "../../src/core/trust/trusted-root.ts";
import { askContainers, CONTAINERS } from "./containers-evaluator.ts";
import { never, openPeerWorld, peer, type PeerWorld } from "./peer-world.ts";

const TESTER = peer("policy-tester-v0.13.1");
const ours = generateKeyPairSync("ec", { namedCurve: "P-256" });
const other = generateKeyPairSync("ec", { namedCurve: "P-256" });

/** A key without a log is what every engine can say; what it signed is in the older layout, which all of them read. */
describe("a key, as our verifier and the engines answer", () => {
  let world: PeerWorld;
  let context: ExchangeContext;
  const http = undiciHttpClient();
  const registry = ociRegistry(http);
  beforeAll(async () => {
    world = await openPeerWorld();
    context = { domains: {}, repositories: [], patterns: patternEngine };
  });
  afterAll(async () => {
    await http.close();
    await world.close();
  });

  const signed = async (by: typeof ours | undefined, about: "itself" | "another" = "itself"): Promise<Exhibit> => {
    const image = await world.newImage();
    if (by) await attach(image, by, about === "itself" ? image : await world.newImage());
    return { id: "X01", trial: "", ...image, policy: policyFor(image.repository) };
  };

  const attach = async (
    image: Awaited<ReturnType<PeerWorld["newImage"]>>,
    by: typeof ours,
    about: Awaited<ReturnType<PeerWorld["newImage"]>>,
  ): Promise<void> => {
    const { repository, digest } = image;
    const blob = renderSimpleSigning(about.repository, about.digest);
    const annotations = { "dev.cosignproject.cosign/signature": toBase64(sign("sha256", blob, by.privateKey)) };
    const descriptor = {
      mediaType: SIMPLE_SIGNING_MEDIA_TYPE,
      size: blob.length,
      digest: digestRefOf(blob),
      annotations,
    };
    const { manifest, config } = appendLegacyLayer(undefined, { blob, descriptor }) ?? bug("an empty tag");
    await registry.pushBlob(repository, blob, never);
    await registry.pushBlob(repository, config, never);
    const tag = legacyTag(digest, "sig");
    await registry.pushManifest(repository, { mediaType: IMAGE_MANIFEST_MEDIA_TYPE, bytes: manifest, tag }, never);
  };

  const ASKED = [
    ["what it signed", () => signed(ours), "admitted"],
    ["what another key signed", () => signed(other), "refused"],
    ["what it signed of another image", () => signed(ours, "another"), "refused"],
    ["what nobody signed", () => signed(undefined), "refused"],
  ] as const;

  test.each(ASKED)("ours: %s", async (_, make, answer) => {
    const root = readTrustedRoot(world.sigstore.trustedRoot);
    const trust = root.ok ? compileTrust(root.value) : root;
    const { find, close } = openImageEvidence({ registry, clock: systemClock });
    const target = verifyTarget({ find, registry, trust: trust.ok ? trust.value : bug("no root"), clock: systemClock });
    expect(await target.ask(await make(), never)).toMatchObject({ kind: answer });
    await close();
  });

  test.skipIf(TESTER === undefined).each(ASKED)("policy-controller: %s", async (_, make, answer) => {
    const target = policyControllerTarget({ path: TESTER ?? "", home: world.folder, context });
    expect(await target.ask(await make(), never)).toMatchObject({ kind: answer });
  });

  test.skipIf(CONTAINERS === undefined).each(ASKED)("containers-image: %s", async (_, make, answer) => {
    expect((await askContainers(world.folder, await make(), context)).answer).toMatchObject({ kind: answer });
  });
});

function policyFor(repository: string): TrustPolicySet {
  const publicKey = new Uint8Array(ours.publicKey.export({ type: "spki", format: "der" }));
  const validity = { from: ALWAYS_FROM, to: ALWAYS_TO };
  const key = { kind: "key", publicKey, reason: "a test", formats: ["legacy"], validity } as const;
  const policy = toPolicy({ authorities: { [DRILL_BUILDER]: key } }, repository, undefined);
  return {
    ...policy,
    families: policy.families.map((family) => ({ ...family, images: [repository, `${repository}/**`] })),
  };
}

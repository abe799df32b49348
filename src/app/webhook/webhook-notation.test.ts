import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { basicConstraints, keyUsage, makeCertificate, newPair } from "../../../test/setup/make-certificate.ts";
import { makeJws, makeSubject } from "../../../test/setup/make-notation.ts";
import { GOOD, makeSigner, root, TARGET } from "../../../test/setup/notation-world.ts";
import { never } from "../../../test/setup/signer-world.ts";
import { openWebhookWorld, policyText, type WebhookWorld } from "../../../test/setup/webhook-world.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { renderPem } from "../../core/bytes/pem.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { digestRefOf } from "../../core/digest.ts";
import { PUBLISHER } from "../../core/drill/good.ts";
import type { NotationAuthority } from "../../core/policy/trust-policy.ts";
import { addMs } from "../../core/time.ts";
import { KEY_USAGE } from "../../core/x509/extensions.ts";
import { storeReader } from "./read-stores.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const OTHER = makeCertificate({
  key: newPair(),
  subject: "other root",
  notBefore: "2025-01-01T00:00:00Z",
  notAfter: "2035-01-01T00:00:00Z",
  extensions: [basicConstraints(), keyUsage(KEY_USAGE.keyCertSign)],
});
const PARTNER = `    partner:
      notation: {trustStores: [partner-ca], identities: ["x509.subject: C=CH, ST=Zurich, O=Example"]}`;

const SIGNER = makeSigner({ notAfter: "2034-06-01T00:00:00Z" });

const DENIED = `apiVersion: countersign.dev/v1alpha1
kind: DenyRule
metadata: {name: lost}
spec: {key: "${digestRefOf(SIGNER.spki)}", reason: the key was on a lost laptop, by: dana}
`;
const STRANGER = makeSigner({
  notAfter: "2034-06-01T00:00:00Z",
  parts: {
    subject: makeSubject([
      ["C", "CH"],
      ["ST", "Zurich"],
      ["O", "Other"],
    ]),
  },
});

describe("the webhook and signatures of the Notary Project", () => {
  let world: WebhookWorld;
  beforeAll(async () => {
    world = await openWebhookWorld("rekor2", {}, async (folder) => {
      await mkdir(join(folder, "partner"));
      await writeFile(join(folder, "partner", "root.pem"), renderPem("CERTIFICATE", root.der));
      return `notation: {trustStores: [{name: partner-ca, dir: ${join(folder, "partner")}}]}\n`;
    });
    await world.writePolicy(text());
    const { fault } = world.opened.policy.failure() ?? {};
    if (fault) throw fault;
  });
  afterAll(() => world.close());

  const text = (): string =>
    policyText(world.sigstore)
      .replace("  families:", `${PARTNER}\n  families:`)
      .replace("signature: builder", "any: [{signature: builder}, {signature: partner}]");
  const attach = async (image: string, change: Partial<Parameters<typeof makeJws>[0]> = {}): Promise<void> => {
    const { registry } = world.sigstore.ports;
    const [repository = "", digest = ""] = image.split("@");
    const found = await registry.manifest(repository, digest, never);
    if (!found) throw new Error(`${image} is not there`);
    const { mediaType, size } = found.descriptor;
    const target = { mediaType, digest: found.descriptor.digest, size };
    const envelope = makeJws({ ...GOOD, chain: [SIGNER, root], target, ...change });
    const [config, layer] = await Promise.all([
      registry.pushBlob(repository, toUtf8("{}"), never),
      registry.pushBlob(repository, envelope, never),
    ]);
    const document = {
      schemaVersion: 2,
      mediaType: MANIFEST,
      artifactType: "application/vnd.cncf.notary.signature",
      config: { ...config, mediaType: "application/vnd.oci.empty.v1+json" },
      layers: [{ ...layer, mediaType: "application/jose+json" }],
      subject: target,
    };
    const bytes = toUtf8(JSON.stringify(document));
    await registry.pushManifest(repository, { mediaType: MANIFEST, bytes }, never);
  };
  /** What is said of the partner's signature. */
  const answerOf = async (image: string): Promise<string> => {
    const message = (await world.admit([image])).response?.status?.message;
    return message === undefined ? "allowed" : (/ signature by partner: (\S+)/.exec(message)?.[1] ?? message);
  };

  test("lets an image run that the partner signed, and another that the builder signed", async () => {
    const image = await world.unsigned();
    await attach(image);
    expect([await answerOf(image), await answerOf(await world.signed())]).toEqual(["allowed", "allowed"]);
    // Out of memory, and still the same.
    expect(await answerOf(image)).toBe("allowed");
  });

  test("lets nothing run that was signed for another image, or by another organisation", async () => {
    const [image, other] = [await world.unsigned(), await world.unsigned()];
    await attach(image, { target: TARGET });
    await attach(other, { chain: [STRANGER, root] });
    expect([await answerOf(image), await answerOf(other)]).toEqual(["subject-mismatch", "notation-identity"]);
  });

  test("lets nothing run that was signed with a key that somebody denies", async () => {
    const image = await world.unsigned();
    await attach(image);
    expect(await answerOf(image)).toBe("allowed");
    await world.writePolicy(`${text()}---\n${DENIED}`);
    expect(await answerOf(image)).toContain("x deny-rule: lost: the key was on a lost laptop");
    await world.writePolicy(text());
    expect(await answerOf(image)).toBe("allowed");
  });

  test("lets nothing run any more once the anchor is out of the store", async () => {
    const image = await world.unsigned();
    await attach(image);
    expect(await answerOf(image)).toBe("allowed");
    await rm(join(world.folder, "partner", "root.pem"));
    await world.opened.policy.refresh(addMs(systemClock.now(), 11_000));
    expect(await answerOf(image)).toBe("notation-store-missing");
  });
});

describe("storeReader", () => {
  const authority: NotationAuthority = { ...PUBLISHER, trustStores: ["acme"] };
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "countersign-stores-"));
    await writeFile(join(folder, "root.pem"), renderPem("CERTIFICATE", root.der));
    return () => rm(folder, { recursive: true });
  });
  const open = (type: "ca" | "tsa" = "ca") => {
    const faults: string[] = [];
    const config = { notation: { trustStores: [{ name: "acme", type, dir: folder }] } };
    const read = storeReader(config, (store, { id }) => void faults.push(`${store} ${id}`));
    let at = systemClock.now();
    return {
      faults,
      read: async (asked = authority) => {
        at = addMs(at, 11_000);
        return [...(await read({ partner: asked }, at)).values()];
      },
    };
  };

  test("keeps the last good one of a store that is broken, and tells it once", async () => {
    const { read, faults } = open();
    const [good] = await read();
    await writeFile(join(folder, "root.pem"), "nonsense");
    expect((await read())[0]?.hash).toBe(good?.hash);
    await read();
    expect(faults).toEqual(["acme notation.store-invalid"]);
  });

  test("is another one when a certificate is added", async () => {
    const { read } = open();
    const [before] = await read();
    await writeFile(join(folder, "other.pem"), renderPem("CERTIFICATE", OTHER.der));
    const [after] = await read();
    expect([before?.anchors.ca.length, after?.anchors.ca.length]).toEqual([1, 2]);
    expect(after?.hash).not.toBe(before?.hash);
  });

  test.each<[string, () => Promise<unknown>]>([
    ["is empty", () => rm(join(folder, "root.pem"))],
    ["is gone", () => rm(folder, { recursive: true }).then(() => mkdtemp(join(tmpdir(), "countersign-stores-")))],
  ])("drops a store that %s", async (_, change) => {
    const { read } = open();
    expect(await read()).toHaveLength(1);
    const kept = folder;
    await change();
    expect(await read()).toEqual([]);
    await mkdir(kept, { recursive: true });
  });

  test("follows links as a mounted ConfigMap has them, and none that leads out", async () => {
    await mkdir(join(folder, "..data"));
    await rename(join(folder, "root.pem"), join(folder, "..data", "root.pem"));
    await symlink(join("..data", "root.pem"), join(folder, "root.pem"));
    expect(await open().read()).toHaveLength(1);
    await symlink("/etc/hostname", join(folder, "out.pem"));
    const { read, faults } = open();
    expect([await read(), faults]).toEqual([[], ["acme notation.store-invalid"]]);
  });

  test("gives nothing where one of several stores is missing, or is of another type", async () => {
    expect(await open().read({ ...authority, trustStores: ["acme", "unknown"] })).toEqual([]);
    expect(await open("tsa").read()).toEqual([]);
    expect(await open("ca").read({ ...authority, tsaStores: ["acme"] })).toEqual([]);
  });
});

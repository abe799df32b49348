import { describe, expect, test } from "vitest";
import { toUtf8 } from "../core/bytes/utf8.ts";
import { digestRefOf, type DigestRef } from "../core/digest.ts";
import type { Descriptor, Registry } from "./registry.ts";

const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const UNKNOWN = digestRefOf(toUtf8("unknown"));

const digests = (descriptors: readonly Descriptor[]): readonly DigestRef[] =>
  descriptors.map(({ digest }) => digest).toSorted();

/** What every Registry must do. `open` gives an empty repository for each test. */
export function registryContract(name: string, open: () => Promise<{ registry: Registry; repository: string }>): void {
  const never = new AbortController().signal;

  const pushImage = async (registry: Registry, repository: string, tag?: string): Promise<Descriptor> => {
    const config = await registry.pushBlob(repository, toUtf8("{}"), never);
    const manifest = {
      schemaVersion: 2,
      mediaType: IMAGE,
      config: { ...config, mediaType: "application/vnd.oci.image.config.v1+json" },
      layers: [],
    };
    const bytes = toUtf8(JSON.stringify(manifest));
    return registry.pushManifest(repository, { mediaType: IMAGE, bytes, ...(tag !== undefined && { tag }) }, never);
  };

  const pushReferrer = async (
    registry: Registry,
    repository: string,
    subject: Descriptor,
    content: string,
  ): Promise<Descriptor> => {
    const layer = await registry.pushBlob(repository, toUtf8(content), never);
    const config = await registry.pushBlob(repository, toUtf8("{}"), never);
    const manifest = {
      schemaVersion: 2,
      mediaType: IMAGE,
      artifactType: BUNDLE,
      config: { ...config, mediaType: "application/vnd.oci.empty.v1+json" },
      layers: [{ ...layer, mediaType: BUNDLE }],
      annotations: { note: content },
      subject: { mediaType: IMAGE, digest: subject.digest, size: subject.size },
    };
    return registry.pushManifest(repository, { mediaType: IMAGE, bytes: toUtf8(JSON.stringify(manifest)) }, never);
  };

  describe(`Registry: ${name}`, () => {
    test("gives back a blob as it was pushed, twice or once", async () => {
      const { registry, repository } = await open();
      const bytes = toUtf8("layer");
      const descriptor = await registry.pushBlob(repository, bytes, never);
      expect(await registry.pushBlob(repository, bytes, never)).toEqual(descriptor);
      expect(descriptor).toMatchObject({ digest: digestRefOf(bytes), size: 5 });
      expect(await registry.blob(repository, descriptor.digest, 5, never)).toEqual(bytes);
    });

    test("refuses a blob over the bound", async () => {
      const { registry, repository } = await open();
      const { digest } = await registry.pushBlob(repository, toUtf8("layer"), never);
      await expect(registry.blob(repository, digest, 4, never)).rejects.toMatchObject({ id: "registry.too-large" });
    });

    test("gives back a manifest by digest and by tag", async () => {
      const { registry, repository } = await open();
      const pushed = await pushImage(registry, repository, "v1");
      const byTag = await registry.manifest(repository, "v1", never);
      expect(byTag?.descriptor).toMatchObject({ mediaType: IMAGE, digest: pushed.digest, size: pushed.size });
      expect(digestRefOf(byTag?.bytes ?? new Uint8Array(0))).toBe(pushed.digest);
      expect(await registry.manifest(repository, pushed.digest, never)).toEqual(byTag);
    });

    test("knows nothing of what was never pushed", async () => {
      const { registry, repository } = await open();
      await pushImage(registry, repository);
      expect(await registry.manifest(repository, "v1", never)).toBeUndefined();
      expect(await registry.manifest(repository, UNKNOWN, never)).toBeUndefined();
      expect(await registry.blob(repository, UNKNOWN, 10, never)).toBeUndefined();
      expect(await registry.referrers(repository, UNKNOWN, never)).toEqual([]);
    });

    test("lists what refers to an image, with type and annotations", async () => {
      const { registry, repository } = await open();
      const image = await pushImage(registry, repository);
      const first = await pushReferrer(registry, repository, image, "one");
      expect(await registry.referrers(repository, image.digest, never)).toMatchObject([
        {
          mediaType: IMAGE,
          digest: first.digest,
          size: first.size,
          artifactType: BUNDLE,
          annotations: { note: "one" },
        },
      ]);
      const second = await pushReferrer(registry, repository, image, "two");
      expect(digests(await registry.referrers(repository, image.digest, never))).toEqual(digests([first, second]));
    });

    test("lists every referrer, however many, each once", async () => {
      const { registry, repository } = await open();
      const image = await pushImage(registry, repository);
      const pushed: Descriptor[] = [];
      // oxlint-disable-next-line no-await-in-loop -- one after the other, as signing runs push
      for (let i = 0; i < 7; i++) pushed.push(await pushReferrer(registry, repository, image, `number ${i}`));
      const [repeated] = pushed;
      if (repeated) await pushReferrer(registry, repository, image, "number 0");
      expect(digests(await registry.referrers(repository, image.digest, never))).toEqual(digests(pushed));
    });

    test("keeps the lines of writers that write at once", async () => {
      const { registry, repository } = await open();
      const image = await pushImage(registry, repository);
      const pushed = await Promise.all(["a", "b", "c"].map((text) => pushReferrer(registry, repository, image, text)));
      expect(digests(await registry.referrers(repository, image.digest, never))).toEqual(digests(pushed));
    });

    test.each(["..", "v 1", "../blobs/x", `sha512:${"a".repeat(128)}`, ""])(
      "refuses the reference %j",
      async (reference) => {
        const { registry, repository } = await open();
        await expect(registry.manifest(repository, reference, never)).rejects.toMatchObject({ id: "input.malformed" });
      },
    );

    test.each([
      "registry.example",
      "/a",
      "registry.example/A",
      "registry.example/a/../b",
      "user@registry.example/a",
      "registry.example/",
    ])("refuses the repository %j", async (repository) => {
      const { registry } = await open();
      await expect(registry.manifest(repository, "v1", never)).rejects.toMatchObject({ id: "input.malformed" });
    });

    test("rejects with the caller's own reason when the caller gives up", async () => {
      const { registry, repository } = await open();
      const gone = AbortSignal.abort(new RangeError("enough"));
      await expect(registry.manifest(repository, "v1", gone)).rejects.toThrow(RangeError);
    });
  });
}

import { digestRefOf, type DigestRef } from "../../core/digest.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { renderRfc3339 } from "../../core/time.ts";
import type { Registry } from "../../ports/registry.ts";
import type { Build } from "./story.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";

/** What a build pushed. `configDigest` is what some runtimes report as the image. */
export type PushedImage = { readonly repository: string; readonly digest: DigestRef; readonly configDigest: DigestRef };

/** The image of a build, before it is pushed: one layer and a configuration, which follow from the build alone. */
export type BuiltImage = PushedImage & {
  readonly layer: Uint8Array;
  readonly config: Uint8Array;
  readonly manifest: Uint8Array;
};

export function imageOf(host: string, build: Build): BuiltImage {
  const layer = toUtf8(`${build.repository} at ${build.revision}\n`.padEnd(512, "."));
  const config = toUtf8(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      created: renderRfc3339(build.at),
      config: { Labels: { "org.opencontainers.image.revision": build.revision } },
      rootfs: { type: "layers", diff_ids: [digestRefOf(layer)] },
    }),
  );
  const manifest = toUtf8(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: CONFIG, digest: digestRefOf(config), size: config.length },
      layers: [{ mediaType: LAYER, digest: digestRefOf(layer), size: layer.length }],
    }),
  );
  return {
    repository: `${host}/${build.repository}`,
    digest: digestRefOf(manifest),
    configDigest: digestRefOf(config),
    layer,
    config,
    manifest,
  };
}

/** Pushes the image of a build. */
export async function pushImage(registry: Registry, image: BuiltImage, signal: AbortSignal): Promise<void> {
  const { repository, layer, config, manifest } = image;
  await Promise.all([registry.pushBlob(repository, layer, signal), registry.pushBlob(repository, config, signal)]);
  await registry.pushManifest(repository, { mediaType: MANIFEST, bytes: manifest }, signal);
}

import { bug } from "../../../core/bug.ts";
import { parseUtf8, toUtf8 } from "../../../core/bytes/utf8.ts";
import { digestRefOf } from "../../../core/digest.ts";
import type { ImagePlan } from "../../../core/drill/plan.ts";
import { IMAGE_MANIFEST_MEDIA_TYPE } from "../../../core/sign/referrer.ts";
import type { Descriptor, Registry } from "../../../ports/registry.ts";

/** An image or index as it was pushed. */
export type PushedImage = Descriptor & { readonly repository: string; readonly bytes: Uint8Array };

export const INDEX_MEDIA_TYPE = "application/vnd.oci.image.index.v1+json";
const CONFIG_MEDIA_TYPE = "application/vnd.oci.image.config.v1+json";
const LAYER_MEDIA_TYPE = "application/vnd.oci.image.layer.v1.tar";

export type Place = { readonly registry: Registry; readonly repository: string; readonly signal: AbortSignal };

/** Pushes an image that follows from its name alone, and that nobody wants to run. */
export async function pushImage(place: Place, name: string, tag?: string): Promise<PushedImage> {
  const layer = toUtf8(`drill: ${name}\n`.padEnd(512, "."));
  const config = toUtf8(
    JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [digestRefOf(layer)] } }),
  );
  const { registry, repository, signal } = place;
  await Promise.all([registry.pushBlob(repository, layer, signal), registry.pushBlob(repository, config, signal)]);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: IMAGE_MANIFEST_MEDIA_TYPE,
    config: { mediaType: CONFIG_MEDIA_TYPE, digest: digestRefOf(config), size: config.length },
    layers: [{ mediaType: LAYER_MEDIA_TYPE, digest: digestRefOf(layer), size: layer.length }],
    annotations: { "dev.countersign.drill": name },
  });
  return push(place, IMAGE_MANIFEST_MEDIA_TYPE, manifest, tag);
}

/** What an index must not have beside its list: layers, or another list. */
const ODD = { ambiguous: '"layers":[]', "key-twice": '"manifests":[]' } as const;

/** An index of two platforms with their images. An odd one is not pushed: a registry has to serve it that lies. */
export async function pushIndex(
  place: Place,
  name: string,
  { tag, change }: { readonly tag: string | undefined; readonly change: ImagePlan["manifest"] },
): Promise<{ readonly index: PushedImage; readonly children: readonly [PushedImage, PushedImage] }> {
  const children = [await pushImage(place, `${name} amd64`), await pushImage(place, `${name} arm64`)] as const;
  const manifests = children.map(({ mediaType, digest, size }, i) => ({
    mediaType,
    digest,
    size,
    platform: { os: "linux", architecture: i === 0 ? "amd64" : "arm64" },
  }));
  const text = JSON.stringify({ schemaVersion: 2, mediaType: INDEX_MEDIA_TYPE, manifests });
  if (change === undefined) return { index: await push(place, INDEX_MEDIA_TYPE, text, tag), children };
  const bytes = toUtf8(text.replace('"manifests"', `${ODD[change]},"manifests"`));
  const descriptor = { mediaType: INDEX_MEDIA_TYPE, digest: digestRefOf(bytes), size: bytes.length };
  return { index: { ...descriptor, repository: place.repository, bytes }, children };
}

/** The list of materials that Cosign 1 kept under a tag, unsigned. */
export async function pushSbom(place: Place, image: PushedImage): Promise<void> {
  await pushImage(place, `materials of ${image.digest}`, `${image.digest.replace(":", "-")}.sbom`);
}

async function push(
  { registry, repository, signal }: Place,
  mediaType: string,
  text: string,
  tag?: string,
): Promise<PushedImage> {
  const bytes = toUtf8(text);
  const descriptor = await registry.pushManifest(
    repository,
    { mediaType, bytes, ...(tag !== undefined && { tag }) },
    signal,
  );
  if (parseUtf8(bytes) !== text) return bug("a manifest that is not UTF-8");
  return { ...descriptor, repository, bytes };
}

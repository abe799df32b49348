import type { DigestRef } from "../../core/digest.ts";
import { readManifestParts, type ImageChild } from "../../core/image/image-set.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import type { Manifest, Registry } from "../../ports/registry.ts";
import type { StoredImageSet } from "../../ports/signature-store.ts";
import type { ImageTarget } from "./targets.ts";

/** Resolves a reference into everything that its digest stands for; `undefined` when the registry has no such image. */
export async function resolveImage(
  registry: Registry,
  { repository, reference }: ImageTarget,
  signal: AbortSignal,
): Promise<StoredImageSet | undefined> {
  const manifest = await registry.manifest(repository, reference, signal);
  if (!manifest) return undefined;
  const subject = manifest.descriptor.digest;
  const parts = partsOf(manifest);
  if (!parts.ok) return { repository, subject, isIndex: false, children: [] };
  if (parts.value.kind === "manifest") {
    const alone = { manifest: subject, platform: "", config: parts.value.config };
    return { repository, subject, isIndex: false, children: [alone] };
  }
  const children: ImageChild[] = [];
  for (const child of parts.value.children) {
    // oxlint-disable-next-line no-await-in-loop -- an index is a few children; a registry is not to be stormed
    const config = await configOf(registry, repository, child.manifest, signal);
    children.push(config ? { ...child, config } : child);
  }
  return { repository, subject, isIndex: true, children };
}

async function configOf(
  registry: Registry,
  repository: string,
  digest: DigestRef,
  signal: AbortSignal,
): Promise<DigestRef | undefined> {
  const manifest = await registry.manifest(repository, digest, signal);
  const parts = manifest && partsOf(manifest);
  return parts?.ok && parts.value.kind === "manifest" ? parts.value.config : undefined;
}

function partsOf({ bytes }: Manifest): ReturnType<typeof readManifestParts> {
  const json = readJson(bytes, { bytesMax: bytes.length, depthMax: JSON_DEPTH_MAX });
  return readManifestParts(json.ok ? json.value : undefined);
}

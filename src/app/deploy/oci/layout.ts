import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** OCI image-spec v1.1: descriptor, and what of a configuration is passed on. */
export type Descriptor = { mediaType: string; digest: string; size: number; annotations?: Record<string, string> };
export type ImageConfig = {
  architecture: string;
  os: string;
  config: Record<string, unknown>;
  rootfs: { type: "layers"; diff_ids: string[] };
  history?: unknown[];
};

/** An image below ours: its layers and configuration, from an OCI layout that was fetched before, by digest. */
export type Base = { folder: string; digest: string; layers: Descriptor[]; config: ImageConfig };

export type ImageInput = {
  /** Uncompressed tars. */
  layers: readonly { tar: Uint8Array; annotations?: Record<string, string> }[];
  base: Base | undefined;
  architecture: string;
  config: Record<string, unknown>;
  annotations: Record<string, string>;
};

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";

/** Writes an image, on top of its base, as an OCI layout (image-spec v1.1, image-layout); gives its digest. */
export function writeLayout(folder: string, { layers, base, architecture, config, annotations }: ImageInput): string {
  const blobs = join(folder, "blobs/sha256");
  mkdirSync(blobs, { recursive: true });
  const put = (bytes: Uint8Array, mediaType: string): Descriptor => {
    const digest = digestOf(bytes);
    writeFileSync(join(blobs, digest.slice("sha256:".length)), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  for (const { digest } of base?.layers ?? []) put(readBlob(base?.folder ?? "", digest), "");
  const own = layers.map((layer) => ({
    ...put(gzipSync(layer.tar, { level: 9 }), "application/vnd.oci.image.layer.v1.tar+gzip"),
    ...(layer.annotations && { annotations: layer.annotations }),
  }));
  const image: ImageConfig = {
    architecture,
    os: "linux",
    config: { ...base?.config.config, ...config },
    rootfs: {
      type: "layers",
      diff_ids: [...(base?.config.rootfs.diff_ids ?? []), ...layers.map(({ tar }) => digestOf(tar))],
    },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: put(toJson(image), "application/vnd.oci.image.config.v1+json"),
    layers: [...(base?.layers ?? []), ...own],
    annotations: { ...annotations, ...(base && { "org.opencontainers.image.base.digest": base.digest }) },
  };
  const described = put(toJson(manifest), MANIFEST);
  const platform = { architecture, os: "linux" };
  const index = { schemaVersion: 2, mediaType: INDEX, manifests: [{ ...described, platform }] };
  writeFileSync(join(folder, "oci-layout"), toJson({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(join(folder, "index.json"), toJson(index));
  return described.digest;
}

/** A manifest, or an index of several. */
type Document = {
  config?: Descriptor;
  layers?: Descriptor[];
  manifests?: { digest: string; platform?: { architecture: string } }[];
};

/** Reads the image of an OCI layout, which must be the one of this digest and platform; every blob is hashed. */
export function readBase(folder: string, digest: string, architecture: string): Base {
  const document: Document = JSON.parse(readBlob(folder, digest).toString("utf8"));
  const inIndex = document.manifests ?? [];
  if (inIndex.length > 0) {
    const child = inIndex.find(({ platform }) => platform?.architecture === architecture);
    if (!child) throw new Error(`${folder}: ${digest} has no image for ${architecture}`);
    return { ...readBase(folder, child.digest, architecture), digest };
  }
  const { config, layers } = document;
  if (!config || !layers) throw new Error(`${folder}: ${digest} is no image`);
  const image: ImageConfig = JSON.parse(readBlob(folder, config.digest).toString("utf8"));
  if (image.architecture !== architecture) throw new Error(`${folder}: ${digest} is for ${image.architecture}`);
  return { folder, digest, layers, config: image };
}

function readBlob(folder: string, digest: string): Buffer {
  const path = join(folder, "blobs", ...digest.split(":"));
  if (!/^sha256:[0-9a-f]{64}$/.test(digest) || !existsSync(path)) throw new Error(`${folder} has no ${digest}`);
  const bytes = readFileSync(path);
  if (digestOf(bytes) !== digest) throw new Error(`${path} is not what its name says`);
  return bytes;
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function toJson(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}

import { BUNDLE_MEDIA_TYPE } from "../bundle/render.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { digestRefOf, type DigestRef } from "../digest.ts";
import { renderRfc3339, type UnixMs } from "../time.ts";

/** OCI image-spec v1.1, Guidance for an empty descriptor. */
export const EMPTY_BLOB: Uint8Array = toUtf8("{}");
const EMPTY_MEDIA_TYPE = "application/vnd.oci.empty.v1+json";
export const IMAGE_MANIFEST_MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json";

/** What ties a bundle to the image it is about. */
export type Referrer = {
  readonly bundle: { readonly digest: DigestRef; readonly size: number };
  readonly content: "dsse-envelope" | "message-signature";
  /** Of the statement; absent for a message signature. */
  readonly predicateType?: string;
  /** The one time in the manifest. It has to come from the bundle, so that a repeat gives the same digest. */
  readonly createdAt: UnixMs;
  readonly subject: { readonly mediaType: string; readonly digest: DigestRef; readonly size: number };
};

/** Renders the manifest by which a bundle refers to an image, as Cosign v3 writes it (cosign `pkg/oci/remote/write.go`). */
export function renderReferrerManifest({ bundle, content, predicateType, createdAt, subject }: Referrer): Uint8Array {
  const empty = { size: EMPTY_BLOB.length, digest: digestRefOf(EMPTY_BLOB), artifactType: BUNDLE_MEDIA_TYPE };
  return toUtf8(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: IMAGE_MANIFEST_MEDIA_TYPE,
      config: { mediaType: EMPTY_MEDIA_TYPE, ...empty },
      layers: [{ mediaType: BUNDLE_MEDIA_TYPE, size: bundle.size, digest: bundle.digest }],
      annotations: {
        "dev.sigstore.bundle.content": content,
        ...(predicateType !== undefined && { "dev.sigstore.bundle.predicateType": predicateType }),
        "org.opencontainers.image.created": renderRfc3339(createdAt),
      },
      subject: { mediaType: subject.mediaType, size: subject.size, digest: subject.digest },
      artifactType: BUNDLE_MEDIA_TYPE,
    }),
  );
}

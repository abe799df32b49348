import { parseDigestRef } from "../../core/digest.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import type { Descriptor } from "../../ports/registry.ts";

/** OCI image-spec v1.1 leaves it open; registries refuse larger ones. */
export const MANIFEST_BYTES_MAX: number = 4 * 1024 * 1024;
export const INDEX_MEDIA_TYPE = "application/vnd.oci.image.index.v1+json";

/** Parses a manifest or an index as JSON; `undefined` when it is not an object. */
export function parseManifest(bytes: Uint8Array): JsonObject | undefined {
  const json = readJson(bytes, { bytesMax: MANIFEST_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  return json.ok && isJsonObject(json.value) ? json.value : undefined;
}

/** The descriptors of an index, those passed over that are not SHA-256; `undefined` when it is not an index. */
export function parseIndex(bytes: Uint8Array): readonly Descriptor[] | undefined {
  const index = parseManifest(bytes);
  const manifests = index?.["manifests"] ?? [];
  return index?.["schemaVersion"] === 2 && isJsonArray(manifests)
    ? manifests.flatMap((entry) => parseDescriptor(entry) ?? [])
    : undefined;
}

/** Parses one descriptor (OCI image-spec v1.1, Content Descriptors); `undefined` when it is not one, or not SHA-256. */
export function parseDescriptor(value: JsonValue | undefined): Descriptor | undefined {
  if (!isJsonObject(value)) return undefined;
  const { mediaType, size, artifactType } = value;
  const digest = typeof value["digest"] === "string" ? parseDigestRef(value["digest"]) : undefined;
  const annotations = value["annotations"];
  if (typeof mediaType !== "string" || digest === undefined) return undefined;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return undefined;
  return {
    mediaType,
    digest,
    size,
    ...(typeof artifactType === "string" && { artifactType }),
    ...(isJsonObject(annotations) && { annotations: toAnnotations(annotations) }),
  };
}

/** The annotations that are text, which all are by the specification. */
export function toAnnotations(value: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, text]) => (typeof text === "string" ? [[name, text]] : [])),
  );
}

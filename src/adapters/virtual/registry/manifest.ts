import { parseDigestRef, type DigestRef } from "../../../core/digest.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../../core/json/read-json.ts";

/** What registries agree to take (distribution-spec v1.1, Pushing manifests: at least 4 MiB). */
export const MANIFEST_BYTES_MAX: number = 4 * 1024 * 1024;

/** What a registry reads out of a manifest or index (image-spec v1.1). */
export type ManifestFacts = {
  readonly subject: DigestRef | undefined;
  /** What a referrers listing says: the manifest's own, or the media type of its config. */
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  /** The media type the document gives itself. */
  readonly ownMediaType: string | undefined;
  /** Digests of config and layers, then of child manifests, as they are written. */
  readonly blobs: readonly string[];
  readonly manifests: readonly string[];
};

/** Reads a manifest; `undefined` when it is not a JSON object or has a malformed subject. */
export function readManifest(bytes: Uint8Array): ManifestFacts | undefined {
  const document = readJson(bytes, { bytesMax: MANIFEST_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!document.ok || !isJsonObject(document.value)) return undefined;
  const { subject, config, layers, manifests, artifactType, mediaType, annotations } = document.value;
  const [configDigest] = digests([config ?? null]);
  const [subjectDigest = ""] = digests([subject ?? null]);
  const subjectRef = parseDigestRef(subjectDigest);
  if (subject !== undefined && !subjectRef) return undefined;
  return {
    subject: subjectRef,
    artifactType: text(artifactType) ?? (isJsonObject(config) ? text(config["mediaType"]) : undefined),
    annotations: textMap(annotations),
    ownMediaType: text(mediaType),
    blobs: [...(config === undefined ? [] : [configDigest ?? ""]), ...digests(layers)],
    manifests: digests(manifests),
  };
}

function digests(descriptors: JsonValue | undefined): readonly string[] {
  if (!isJsonArray(descriptors)) return [];
  return descriptors.map((descriptor) => (isJsonObject(descriptor) ? (text(descriptor["digest"]) ?? "") : ""));
}

function textMap(value: JsonValue | undefined): Readonly<Record<string, string>> | undefined {
  if (!isJsonObject(value)) return undefined;
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => isText(entry[1])));
}

function text(value: JsonValue | undefined): string | undefined {
  return isText(value) && value !== "" ? value : undefined;
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === "string";
}

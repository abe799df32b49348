import { digestRefOf } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject } from "../../core/json/json.ts";
import type { Descriptor } from "../../ports/registry.ts";
import { parseDescriptor, parseManifest, toAnnotations } from "./descriptor.ts";
import { addToFallback, putManifest } from "./fallback.ts";
import { refusal, subjectOf, type Place } from "./read.ts";

const ANSWER_BYTES_MAX = 64 * 1024;

/** Uploads a blob unless it is there (distribution-spec v1.1, Pushing a blob monolithically: POST, then PUT). */
export async function pushBlob(
  { session, repository }: Place,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<Descriptor> {
  const digest = digestRefOf(bytes);
  const subject = subjectOf(repository, digest);
  const descriptor = { mediaType: "application/octet-stream", digest, size: bytes.length };
  const blob = { method: "HEAD", path: `/v2/${repository.path}/blobs/${digest}`, bytesMax: ANSWER_BYTES_MAX } as const;
  if ((await session(repository, "push", blob, signal)).status === 200) return descriptor;

  const uploads = {
    method: "POST",
    path: `/v2/${repository.path}/blobs/uploads/`,
    bytesMax: ANSWER_BYTES_MAX,
  } as const;
  const started = await session(repository, "push", uploads, signal);
  if (started.status !== 202) throw refusal(started, subject);
  const location = URL.parse(started.headers["location"] ?? "", repository.origin);
  if (!location || started.headers["location"] === undefined) {
    throw new Fault("registry.malformed", `${subject}: an upload without a location`);
  }
  location.searchParams.set("digest", digest);
  const headers = { "content-type": "application/octet-stream" };
  const upload = { method: "PUT", path: location.href, headers, body: bytes, bytesMax: ANSWER_BYTES_MAX } as const;
  const ended = await session(repository, "push", upload, signal);
  if (ended.status !== 201) throw refusal(ended, subject);
  return descriptor;
}

/** A manifest on its way, under a tag or its own digest. */
export type ManifestPush = { readonly mediaType: string; readonly bytes: Uint8Array; readonly tag?: string };

/**
 * Pushes a manifest; where it has a subject and the registry does not say that it noticed, also adds it to the index under
 * the fallback tag (distribution-spec v1.1, Pushing Manifests with Subject).
 */
export async function pushManifest(place: Place, push: ManifestPush, signal: AbortSignal): Promise<Descriptor> {
  const manifest = parseManifest(push.bytes);
  if (!manifest) throw new Fault("input.malformed", "the manifest to push is not a JSON object");
  const descriptor = describe(push, manifest);
  const answer = await putManifest(place, { ...push, reference: push.tag ?? descriptor.digest }, signal);
  if (answer.status !== 201 && answer.status !== 200) {
    throw refusal(answer, subjectOf(place.repository, push.tag ?? descriptor.digest));
  }
  const subject = parseDescriptor(manifest["subject"]);
  if (subject && answer.headers["oci-subject"] === undefined)
    await addToFallback(place, subject.digest, descriptor, signal);
  return descriptor;
}

/** The descriptor by which an index names the manifest: with its artifact type and annotations (distribution-spec v1.1). */
function describe({ mediaType, bytes }: ManifestPush, manifest: JsonObject): Descriptor {
  const config = manifest["config"];
  const artifactType = manifest["artifactType"] ?? (isJsonObject(config) ? config["mediaType"] : undefined);
  const annotations = manifest["annotations"];
  return {
    mediaType,
    digest: digestRefOf(bytes),
    size: bytes.length,
    ...(typeof artifactType === "string" && { artifactType }),
    ...(isJsonObject(annotations) && { annotations: toAnnotations(annotations) }),
  };
}

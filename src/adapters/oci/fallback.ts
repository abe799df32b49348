import { toUtf8 } from "../../core/bytes/utf8.ts";
import type { DigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { isJsonArray, type JsonArray, type JsonObject } from "../../core/json/json.ts";
import type { HttpResponse } from "../../ports/http-client.ts";
import type { Descriptor } from "../../ports/registry.ts";
import { INDEX_MEDIA_TYPE, MANIFEST_BYTES_MAX, parseDescriptor, parseManifest } from "./descriptor.ts";
import { fallbackTag, readManifest, refusal, subjectOf, type Place } from "./read.ts";

const ANSWER_BYTES_MAX = 64 * 1024;
const ATTEMPTS_MAX = 5;
const PRECONDITION_FAILED = 412;

/** Puts a manifest under a tag or digest; `ifMatch` is the entity tag it must replace. */
export async function putManifest(
  { session, repository }: Place,
  put: {
    readonly reference: string;
    readonly mediaType: string;
    readonly bytes: Uint8Array;
    readonly ifMatch?: string;
  },
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { reference, mediaType, bytes, ifMatch } = put;
  const path = `/v2/${repository.path}/manifests/${reference}`;
  const headers = { "content-type": mediaType, ...(ifMatch !== undefined && { "if-match": ifMatch }) };
  const request = { method: "PUT", path, headers, body: bytes, bytesMax: ANSWER_BYTES_MAX } as const;
  return session(repository, "push", request, signal);
}

/**
 * Adds a descriptor to the index under the fallback tag: reads, adds, writes, and reads again. Two writers at once
 * overwrite each other where the registry knows no conditional request, so whoever does not find its own line afterwards
 * adds it again.
 */
export async function addToFallback(
  place: Place,
  subject: DigestRef,
  added: Descriptor,
  signal: AbortSignal,
): Promise<void> {
  const tag = fallbackTag(subject);
  const about = subjectOf(place.repository, tag);
  const attempt = async (left: number): Promise<void> => {
    const index = await readManifest(place, tag, signal);
    const { document, manifests } = index ? toIndex(index.bytes, about) : EMPTY;
    if (manifests.some((entry) => parseDescriptor(entry)?.digest === added.digest)) return;
    if (left === 0) throw new Fault("registry.refused", `${about}: others keep overwriting it`);
    const changed = { schemaVersion: 2, mediaType: INDEX_MEDIA_TYPE, ...document, manifests: [...manifests, added] };
    const bytes = toUtf8(JSON.stringify(changed));
    if (bytes.length > MANIFEST_BYTES_MAX) throw new Fault("registry.too-large", about);
    const ifMatch = index?.etag === undefined ? {} : { ifMatch: index.etag };
    const answer = await putManifest(place, { reference: tag, mediaType: INDEX_MEDIA_TYPE, bytes, ...ifMatch }, signal);
    if (![200, 201, PRECONDITION_FAILED].includes(answer.status)) throw refusal(answer, about);
    await attempt(left - 1);
  };
  await attempt(ATTEMPTS_MAX);
}

type Index = { readonly document: JsonObject; readonly manifests: JsonArray };
const EMPTY: Index = { document: {}, manifests: [] };

/** What others wrote under the tag is kept as it is, members we do not know included. */
function toIndex(bytes: Uint8Array, about: string): Index {
  const document = parseManifest(bytes);
  const manifests = document?.["manifests"] ?? [];
  if (document?.["schemaVersion"] !== 2 || !isJsonArray(manifests)) {
    throw new Fault("registry.malformed", `${about} is not an index`);
  }
  return { document, manifests };
}

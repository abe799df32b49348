import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { digestRefOf, parseDigestRef, type DigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import type { HttpResponse } from "../../ports/http-client.ts";
import type { Descriptor, Manifest } from "../../ports/registry.ts";
import { INDEX_MEDIA_TYPE, MANIFEST_BYTES_MAX, parseIndex, parseManifest } from "./descriptor.ts";
import type { Repository } from "./repository.ts";
import type { Session } from "./session.ts";

/** What reading and writing share: how to ask, and about which repository. */
export type Place = { readonly session: Session; readonly repository: Repository };

const ACCEPT: string = [
  INDEX_MEDIA_TYPE,
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** `registry/path@sha256:…` or `registry/path:tag`, as faults name things. */
export function subjectOf({ host, path }: Repository, reference: string): string {
  return `${host}/${path}${reference.startsWith("sha256:") ? "@" : ":"}${reference}`;
}

/** A manifest by tag or digest, hashed; `undefined` when there is none (distribution-spec v1.1, Pulling manifests). */
export async function readManifest(
  { session, repository }: Place,
  reference: string,
  signal: AbortSignal,
): Promise<(Manifest & { readonly etag?: string }) | undefined> {
  const subject = subjectOf(repository, reference);
  const path = `/v2/${repository.path}/manifests/${reference}`;
  const request = { method: "GET", path, headers: { accept: ACCEPT }, bytesMax: MANIFEST_BYTES_MAX } as const;
  const answer = await session(repository, "pull", request, signal);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw refusal(answer, subject);
  const { body, headers } = answer;
  const digest = digestRefOf(body);
  const expected = parseDigestRef(reference) ?? parseDigestRef(headers["docker-content-digest"] ?? "") ?? digest;
  if (digest !== expected) throw new Fault("registry.digest-mismatch", `${subject} is ${digest}`);
  const etag = headers["etag"];
  return {
    descriptor: { mediaType: mediaTypeOf(answer, subject), digest, size: body.length },
    bytes: body,
    ...(etag !== undefined && { etag }),
  };
}

/** The header's type; the document's own, where it has one, must be the same (image-spec v1.1, `mediaType`). */
function mediaTypeOf({ headers, body }: HttpResponse, subject: string): string {
  const document = parseManifest(body);
  if (!document) throw new Fault("registry.malformed", `${subject} is not a JSON object`);
  const sent = headers["content-type"]?.split(";")[0]?.trim() ?? "";
  const own = document["mediaType"];
  if (typeof own === "string" && sent !== "" && sent !== own) {
    throw new Fault("registry.malformed", `${subject} is sent as ${sent} and says ${JSON.stringify(own)}`);
  }
  return typeof own === "string" ? own : sent;
}

const REFUSAL_BYTES_MAX = 64 * 1024;

/** A blob, hashed; `undefined` when there is none. */
export async function readBlob(
  { session, repository }: Place,
  digest: DigestRef,
  bytesMax: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const path = `/v2/${repository.path}/blobs/${digest}`;
  // A refusal may be longer than the blob.
  const request = { method: "GET", path, bytesMax: Math.max(bytesMax, REFUSAL_BYTES_MAX) } as const;
  const answer = await session(repository, "pull", request, signal);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw refusal(answer, subjectOf(repository, digest));
  if (answer.body.length > bytesMax) throw new Fault("registry.too-large", subjectOf(repository, digest));
  if (digestRefOf(answer.body) !== digest) throw new Fault("registry.digest-mismatch", subjectOf(repository, digest));
  return answer.body;
}

const REFERRER_PAGES_MAX = 50;
const REFERRERS_MAX = 5000;

/** What refers to a digest: by the API, page by page, or by the fallback tag where there is no API (distribution-spec v1.1, Listing Referrers). */
export async function readReferrers(
  place: Place,
  subject: DigestRef,
  signal: AbortSignal,
): Promise<readonly Descriptor[]> {
  const { repository } = place;
  const found: Descriptor[] = [];
  const readPage = async (path: string, page: number): Promise<readonly Descriptor[]> => {
    if (page > REFERRER_PAGES_MAX || found.length > REFERRERS_MAX) {
      throw new Fault("registry.too-large", `the referrers of ${subjectOf(repository, subject)}`);
    }
    const request = {
      method: "GET",
      path,
      headers: { accept: INDEX_MEDIA_TYPE },
      bytesMax: MANIFEST_BYTES_MAX,
    } as const;
    const answer = await place.session(repository, "pull", request, signal);
    if (page === 1 && (answer.status === 404 || answer.status === 405)) return readFallback(place, subject, signal);
    if (answer.status !== 200) throw refusal(answer, `the referrers of ${subjectOf(repository, subject)}`);
    const descriptors = parseIndex(answer.body);
    if (!descriptors)
      throw new Fault("registry.malformed", `the referrers of ${subjectOf(repository, subject)} are no index`);
    found.push(...descriptors);
    const next = nextPage(answer.headers["link"] ?? "", path, repository);
    return next === undefined ? found : readPage(next, page + 1);
  };
  return readPage(`/v2/${repository.path}/referrers/${subject}`, 1);
}

/** RFC 8288. The next page is looked for at the same registry only. */
function nextPage(link: string, path: string, { origin }: Repository): string | undefined {
  const target = /<([^<>]{1,2048})>\s*;\s*rel="?next"?(?:[\s;,]|$)/.exec(link)?.[1];
  const url = target === undefined ? null : URL.parse(target, `${origin}${path}`);
  return url?.origin === new URL(origin).origin ? `${url.pathname}${url.search}` : undefined;
}

/** The tag under which clients keep an index where the registry keeps none (distribution-spec v1.1, Referrers Tag Schema). */
export function fallbackTag(subject: DigestRef): string {
  return subject.replace(":", "-");
}

async function readFallback(place: Place, subject: DigestRef, signal: AbortSignal): Promise<readonly Descriptor[]> {
  const manifest = await readManifest(place, fallbackTag(subject), signal);
  return (manifest && parseIndex(manifest.bytes)) ?? [];
}

const MESSAGE_CHARACTERS_MAX = 300;

/** The Fault for an answer that is not the one hoped for. */
export function refusal({ status, body }: HttpResponse, subject: string): Fault {
  const text = (parseUtf8(body) ?? "").replaceAll(/\s+/g, " ").trim().slice(0, MESSAGE_CHARACTERS_MAX);
  const about = `${subject}: ${status} ${text}`.trim();
  if (status === 401 || status === 403) return new Fault("registry.unauthorized", about);
  if (status === 429 || status >= 500) return new Fault("registry.unreachable", about);
  return new Fault(status >= 400 ? "registry.refused" : "registry.malformed", about);
}

import type { Bundle } from "../../core/bundle/bundle.ts";
import { renderEnvelope } from "../../core/dsse/envelope.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { parseDigestRef, type DigestRef } from "../../core/digest.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import { malformed, parsed, type Parsed } from "../../core/parsed.ts";
import { appendLegacyLayer, legacyTag, toLegacyLayer, type LegacyLayer } from "../../core/sign/legacy.ts";
import type { SigningReason } from "../../core/sign/reason.ts";
import { EMPTY_BLOB, IMAGE_MANIFEST_MEDIA_TYPE, renderReferrerManifest } from "../../core/sign/referrer.ts";
import type { UnixMs } from "../../core/time.ts";
import type { Registry, RepositoryName } from "../../ports/registry.ts";
import type { Destination, Payload } from "./gather-payloads.ts";

/** What is attached: the bundle, as a value and as written, and when its certificate begins. */
export type Attachment = {
  readonly payload: Payload;
  readonly bundle: Bundle;
  readonly bytes: Uint8Array;
  readonly createdAt: UnixMs;
  /** What the CA gave beside the leaf; written in the older layout only. */
  readonly chain: readonly Uint8Array[];
};

/** Pushes a signature to where its image is. Blobs first: a manifest must not name what is not there. */
export async function attach(
  registry: Registry,
  destination: Destination,
  attachment: Attachment,
  signal: AbortSignal,
): Promise<Parsed<DigestRef, SigningReason>> {
  return destination.layout === "referrer"
    ? parsed(await attachReferrer(registry, destination, attachment, signal))
    : attachLegacy(registry, destination, attachment, signal);
}

async function attachReferrer(
  registry: Registry,
  { repository, subject }: Destination,
  { payload, bytes, createdAt }: Attachment,
  signal: AbortSignal,
): Promise<DigestRef> {
  await registry.pushBlob(repository, EMPTY_BLOB, signal);
  const bundle = await registry.pushBlob(repository, bytes, signal);
  const { predicateType } = payload;
  const content = payload.kind === "dsse" ? "dsse-envelope" : "message-signature";
  const type = predicateType === undefined ? {} : { predicateType };
  const manifest = renderReferrerManifest({ bundle, content, ...type, createdAt, subject });
  const pushed = await registry.pushManifest(
    repository,
    { mediaType: IMAGE_MANIFEST_MEDIA_TYPE, bytes: manifest },
    signal,
  );
  return pushed.digest;
}

const ATTEMPTS_MAX = 5;

async function attachLegacy(
  registry: Registry,
  { repository, subject }: Destination,
  { payload, bundle, chain }: Attachment,
  signal: AbortSignal,
): Promise<Parsed<DigestRef, SigningReason>> {
  const { predicateType } = payload;
  const isMessage = bundle.content.kind === "message";
  const blob = bundle.content.kind === "dsse" ? toUtf8(renderEnvelope(bundle.content)) : payload.bytes;
  const layer = toLegacyLayer(bundle, blob, {
    chain,
    ...(predicateType !== undefined && !isMessage && { predicateType }),
  });
  if (!layer) return malformed("legacy-needs-promise", "the older layout holds a Rekor v1 promise, and there is none");
  await registry.pushBlob(repository, blob, signal);
  const tag = legacyTag(subject.digest, isMessage ? "sig" : "att");
  return appendUntilThere(registry, { repository, tag, layer, left: ATTEMPTS_MAX }, signal);
}

type Appending = {
  readonly repository: RepositoryName;
  readonly tag: string;
  readonly layer: LegacyLayer;
  readonly left: number;
};

/** A registry knows no compare-and-swap: whoever does not find the own layer after writing writes again. */
async function appendUntilThere(
  registry: Registry,
  { repository, tag, layer, left }: Appending,
  signal: AbortSignal,
): Promise<Parsed<DigestRef, SigningReason>> {
  const before = await readTag(registry, repository, tag, signal);
  if (before && holds(before.manifest, layer)) return parsed(before.digest);
  if (left === 0) return malformed("legacy-layout", `${repository}:${tag}: others keep overwriting it`);
  const after = appendLegacyLayer(before, layer);
  if (!after) return malformed("legacy-layout", `${repository}:${tag} is not a manifest of this layout`);
  await registry.pushBlob(repository, after.config, signal);
  const push = { mediaType: IMAGE_MANIFEST_MEDIA_TYPE, bytes: after.manifest, tag };
  await registry.pushManifest(repository, push, signal);
  return appendUntilThere(registry, { repository, tag, layer, left: left - 1 }, signal);
}

type Tagged = { readonly digest: DigestRef; readonly manifest: JsonValue; readonly config: JsonValue };

async function readTag(
  registry: Registry,
  repository: RepositoryName,
  tag: string,
  signal: AbortSignal,
): Promise<Tagged | undefined> {
  const found = await registry.manifest(repository, tag, signal);
  if (!found) return undefined;
  const manifest = parseDocument(found.bytes);
  const digest = configDigest(manifest);
  const config = digest && (await registry.blob(repository, digest, DOCUMENT_BYTES_MAX, signal));
  return { digest: found.descriptor.digest, manifest, config: config ? parseDocument(config) : null };
}

const DOCUMENT_BYTES_MAX = 4 * 1024 * 1024;

/** `null` for what is not JSON: it then is no manifest of this layout either. */
function parseDocument(bytes: Uint8Array): JsonValue {
  const json = readJson(bytes, { bytesMax: DOCUMENT_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  return json.ok ? json.value : null;
}

function configDigest(manifest: JsonValue): DigestRef | undefined {
  const config = isJsonObject(manifest) ? manifest["config"] : undefined;
  const digest = isJsonObject(config) ? config["digest"] : undefined;
  return typeof digest === "string" ? parseDigestRef(digest) : undefined;
}

const SIGNATURE = "dev.cosignproject.cosign/signature";

/** The same blob under the same signature: two signers of one image share the blob. */
function holds(manifest: JsonValue, layer: LegacyLayer): boolean {
  const layers = isJsonObject(manifest) ? manifest["layers"] : undefined;
  return (
    isJsonArray(layers) &&
    layers.some(
      (one) =>
        isJsonObject(one) &&
        one["digest"] === layer.descriptor["digest"] &&
        signatureOf(one) === signatureOf(layer.descriptor),
    )
  );
}

function signatureOf(descriptor: JsonObject): JsonValue | undefined {
  const annotations = descriptor["annotations"];
  return isJsonObject(annotations) ? annotations[SIGNATURE] : undefined;
}

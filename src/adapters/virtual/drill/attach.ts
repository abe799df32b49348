import { bug } from "../../../core/bug.ts";
import { parseUtf8, toUtf8 } from "../../../core/bytes/utf8.ts";
import { digestRefOf, type DigestRef } from "../../../core/digest.ts";
import type { EvidencePlan } from "../../../core/drill/plan.ts";
import { renderEnvelope } from "../../../core/dsse/envelope.ts";
import type { JsonValue } from "../../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../../core/json/read-json.ts";
import { appendLegacyLayer, legacyTag, toLegacyLayer } from "../../../core/sign/legacy.ts";
import { EMPTY_BLOB, IMAGE_MANIFEST_MEDIA_TYPE, renderReferrerManifest } from "../../../core/sign/referrer.ts";
import { parseUnixMs } from "../../../core/time.ts";
import type { Evidence } from "./evidence.ts";
import { INDEX_MEDIA_TYPE, type Place, type PushedImage } from "./image.ts";

/** Puts a signature beside an image, in the way and at the place that the plan says. */
export async function attachEvidence(
  place: Place,
  plan: EvidencePlan,
  evidence: Evidence,
  image: PushedImage,
): Promise<void> {
  if (plan.form === "legacy") await attachLegacy(place, evidence, image);
  else await attachReferrer(place, plan, evidence, image);
}

async function attachReferrer(
  { registry, repository, signal }: Place,
  { place, says }: EvidencePlan,
  { bytes, content }: Evidence,
  image: PushedImage,
): Promise<DigestRef> {
  await registry.pushBlob(repository, EMPTY_BLOB, signal);
  const bundle = await registry.pushBlob(repository, bytes, signal);
  const type = says?.predicateType;
  const manifest = renderReferrerManifest({
    bundle,
    content: content.kind === "dsse" ? "dsse-envelope" : "message-signature",
    ...(type !== undefined && { predicateType: type }),
    createdAt: parseUnixMs(0) ?? bug("1970"),
    subject: image,
  });
  const stored = stretched(manifest, place);
  const pushed = await registry.pushManifest(
    repository,
    { mediaType: IMAGE_MANIFEST_MEDIA_TYPE, bytes: stored },
    signal,
  );
  return pushed.digest;
}

const BUNDLE_TYPE = /application\/vnd\.dev\.sigstore\.bundle[^"]*/g;

/** The types by which a signature is known, exchanged: of the manifest, or of the layer in it. */
function stretched(manifest: Uint8Array, place: EvidencePlan["place"]): Uint8Array {
  if (place !== "json-artifact" && place !== "json-layer") return manifest;
  let seen = 0;
  const text = (parseUtf8(manifest) ?? "").replaceAll(BUNDLE_TYPE, (type) => {
    seen += 1;
    // Config, layer, manifest: in the order in which they are written.
    const isLayer = seen === 2;
    return isLayer === (place === "json-layer") ? "application/json" : type;
  });
  return toUtf8(text);
}

async function attachLegacy(place: Place, { bundle, content, chain }: Evidence, image: PushedImage): Promise<void> {
  const { registry, repository, signal } = place;
  const isStatement = bundle.content.kind === "dsse";
  const blob = bundle.content.kind === "dsse" ? toUtf8(renderEnvelope(bundle.content)) : content.payload;
  const layer = toLegacyLayer(bundle, blob, { chain }) ?? bug("a plan of the older layout without a promise");
  await registry.pushBlob(repository, blob, signal);
  const tag = legacyTag(image.digest, isStatement ? "att" : "sig");
  const after = appendLegacyLayer(await readTag(place, tag), layer) ?? bug("a tag that is none of ours");
  await registry.pushBlob(repository, after.config, signal);
  await registry.pushManifest(repository, { mediaType: IMAGE_MANIFEST_MEDIA_TYPE, bytes: after.manifest, tag }, signal);
}

async function readTag(
  { registry, repository, signal }: Place,
  tag: string,
): Promise<{ readonly manifest: JsonValue; readonly config: JsonValue } | undefined> {
  const found = await registry.manifest(repository, tag, signal);
  const json = found && readJson(found.bytes, { bytesMax: found.bytes.length, depthMax: JSON_DEPTH_MAX });
  if (!json?.ok) return undefined;
  const layers = JSON.stringify(json.value).split('"digest":"sha256:').length - 2;
  const rootfs = { type: "layers", diff_ids: Array.from({ length: layers }, () => digestRefOf(EMPTY_BLOB)) };
  return { manifest: json.value, config: { architecture: "", os: "", config: {}, rootfs } };
}

/** The index of a fallback tag that lists a referrer of another image. */
export async function listForeign(
  place: Place,
  plan: EvidencePlan,
  evidence: Evidence,
  images: {
    readonly asked: PushedImage;
    readonly other: PushedImage;
  },
): Promise<void> {
  const { registry, repository, signal } = place;
  const digest = await attachReferrer(place, plan, evidence, images.other);
  const listed = await registry.manifest(repository, digest, signal);
  const { size = 0 } = listed?.descriptor ?? {};
  const artifactType = "application/vnd.dev.sigstore.bundle.v0.3+json";
  const manifests = [{ mediaType: IMAGE_MANIFEST_MEDIA_TYPE, digest, size, artifactType }];
  const bytes = toUtf8(JSON.stringify({ schemaVersion: 2, mediaType: INDEX_MEDIA_TYPE, manifests }));
  const tag = images.asked.digest.replace(":", "-");
  await registry.pushManifest(repository, { mediaType: INDEX_MEDIA_TYPE, bytes, tag }, signal);
}

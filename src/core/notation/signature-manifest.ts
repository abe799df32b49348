import { parseDigestRef, type DigestRef } from "../digest.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { JSON_DEPTH_MAX, readJson, type JsonCode } from "../json/read-json.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { COSE_MEDIA_TYPE, ENVELOPE_BYTES_MAX, JWS_MEDIA_TYPE } from "./envelope.ts";

/** How a manifest says that it holds a Notary Project signature (signature-specification, `OCI Signatures`). */
export const NOTATION_ARTIFACT_TYPE = "application/vnd.cncf.notary.signature";

/** Signatures tried beside one artifact; a registry may be made to hold any number of bad ones. */
export const NOTATION_SIGNATURES_MAX = 50;

/** The one layer of a signature manifest. */
export type EnvelopeLayer = { readonly mediaType: string; readonly digest: DigestRef };

export type SignatureManifestCode = JsonCode | "manifest-type" | "manifest-layers" | "subject-mismatch";

const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;

/** Whether a referrer may be a signature: it says so, or says nothing, as where registries leave the type out. */
export function mayBeNotation(referrer: { readonly artifactType?: string }): boolean {
  return referrer.artifactType === undefined || referrer.artifactType === NOTATION_ARTIFACT_TYPE;
}

/**
 * Reads a signature manifest: its type, the artifact it refers to, which has to be the one asked about, and its one layer.
 * `manifest-type` says that it is no signature of this kind at all.
 */
export function readSignatureManifest(
  bytes: Uint8Array,
  subject: DigestRef,
): Parsed<EnvelopeLayer, SignatureManifestCode> {
  const json = readJson(bytes, { bytesMax: MANIFEST_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!json.ok) return json;
  const manifest = isJsonObject(json.value) ? json.value : {};
  if (typeOf(manifest) !== NOTATION_ARTIFACT_TYPE) return malformed("manifest-type", "not a signature of this kind");
  if (toDigest(manifest["subject"]) !== subject) return malformed("subject-mismatch", "it refers to another artifact");
  const layers = manifest["layers"];
  const [layer, second] = isJsonArray(layers) ? layers : [];
  const known = isJsonObject(layer) ? toLayer(layer) : undefined;
  return known && second === undefined
    ? known
    : malformed("manifest-layers", "not one layer with an envelope of JWS or COSE");
}

/** image-spec v1.1: the artifact type, else the type of the configuration. */
function typeOf({ artifactType, config }: JsonObject): JsonValue | undefined {
  return artifactType ?? (isJsonObject(config) ? config["mediaType"] : undefined);
}

function toDigest(value: JsonValue | undefined): DigestRef | undefined {
  const digest = isJsonObject(value) ? value["digest"] : undefined;
  return typeof digest === "string" ? parseDigestRef(digest) : undefined;
}

function toLayer(layer: JsonObject): Parsed<EnvelopeLayer, SignatureManifestCode> | undefined {
  const { mediaType, size } = layer;
  const digest = toDigest(layer);
  if (!digest || (mediaType !== JWS_MEDIA_TYPE && mediaType !== COSE_MEDIA_TYPE)) return undefined;
  return typeof size === "number" && size > ENVELOPE_BYTES_MAX
    ? malformed("too-large", `an envelope of ${size} bytes`)
    : parsed({ mediaType, digest });
}

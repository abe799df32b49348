import type { Bundle, TlogEntry } from "../bundle/bundle.ts";
import { DSSE_MEDIA_TYPE, SIMPLE_SIGNING_MEDIA_TYPE } from "../bundle/detached.ts";
import { toBase64 } from "../bytes/base64.ts";
import { toHex } from "../bytes/hex.ts";
import { renderPem } from "../bytes/pem.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { digestRefOf, type DigestRef } from "../digest.ts";
import { isJsonArray, isJsonObject, type JsonArray, type JsonObject, type JsonValue } from "../json/json.ts";
import { IMAGE_MANIFEST_MEDIA_TYPE } from "./referrer.ts";

const IMAGE_CONFIG_MEDIA_TYPE = "application/vnd.oci.image.config.v1+json";

/** Under which tag Cosign keeps the signatures or attestations of an image (cosign `specs/SIGNATURE_SPEC.md`). */
export function legacyTag(image: DigestRef, kind: "sig" | "att"): string {
  return `${image.replace(":", "-")}.${kind}`;
}

/** The payload of an image signature of the older layout (containers/image `containers-signature.5`). */
export function renderSimpleSigning(repository: string, image: DigestRef): Uint8Array {
  const critical = {
    identity: { "docker-reference": repository },
    image: { "docker-manifest-digest": image },
    type: "cosign container image signature",
  };
  return toUtf8(JSON.stringify({ critical, optional: null }));
}

/** A layer to append: its blob, which is pushed beside, and its descriptor. */
export type LegacyLayer = { readonly blob: Uint8Array; readonly descriptor: JsonObject };

/**
 * A bundle as a layer of the older layout; `undefined` when it has no entry with a promise (SET), which is all that the
 * layout can hold of a log. `blob` is the simple-signing payload or the envelope; `chain` what the CA gave beside the leaf.
 */
export function toLegacyLayer(
  bundle: Bundle,
  blob: Uint8Array,
  more: { readonly chain: readonly Uint8Array[]; readonly predicateType?: string },
): LegacyLayer | undefined {
  const entry = bundle.entries.find(({ signedEntryTimestamp }) => signedEntryTimestamp !== undefined);
  if (!entry || bundle.key.kind !== "certificate") return undefined;
  const isMessage = bundle.content.kind === "message";
  const [timestamp] = bundle.timestamps;
  const annotations = {
    "dev.cosignproject.cosign/signature": isMessage ? toBase64(bundle.content.signature) : "",
    "dev.sigstore.cosign/bundle": renderPromise(entry),
    "dev.sigstore.cosign/certificate": renderPem("CERTIFICATE", bundle.key.leaf),
    "dev.sigstore.cosign/chain": more.chain.map((der) => renderPem("CERTIFICATE", der)).join(""),
    ...(timestamp && {
      "dev.sigstore.cosign/rfc3161timestamp": JSON.stringify({ SignedRFC3161Timestamp: toBase64(timestamp) }),
    }),
    ...(more.predicateType !== undefined && { predicateType: more.predicateType }),
  };
  const mediaType = isMessage ? SIMPLE_SIGNING_MEDIA_TYPE : DSSE_MEDIA_TYPE;
  return { blob, descriptor: { mediaType, size: blob.length, digest: digestRefOf(blob), annotations } };
}

function renderPromise(entry: TlogEntry): string {
  const { signedEntryTimestamp = new Uint8Array(0), canonicalizedBody, integratedTime, logIndex, logId } = entry;
  return JSON.stringify({
    SignedEntryTimestamp: toBase64(signedEntryTimestamp),
    Payload: { body: toBase64(canonicalizedBody), integratedTime, logIndex, logID: toHex(logId) },
  });
}

/** A manifest of the older layout and the config that belongs to it, each in bytes. */
export type LegacyManifest = { readonly manifest: Uint8Array; readonly config: Uint8Array };

/**
 * Appends a layer to what is under the tag, or begins. What others wrote is kept as it is. `undefined` when what is there
 * is no manifest of this layout.
 */
export function appendLegacyLayer(
  before: { readonly manifest: JsonValue; readonly config: JsonValue } | undefined,
  layer: LegacyLayer,
): LegacyManifest | undefined {
  const layers = before ? membersOf(before.manifest, "layers") : [];
  const diffIds = before ? diffIdsOf(before.config) : [];
  if (!layers || !diffIds || layers.length !== diffIds.length) return undefined;
  const rootfs = { type: "layers", diff_ids: [...diffIds, digestRefOf(layer.blob)] };
  const kept = before && isJsonObject(before.config) ? before.config : EMPTY_CONFIG;
  const config = toUtf8(JSON.stringify({ ...kept, rootfs }));
  const manifest = {
    schemaVersion: 2,
    mediaType: IMAGE_MANIFEST_MEDIA_TYPE,
    ...(before && isJsonObject(before.manifest) && before.manifest),
    config: { mediaType: IMAGE_CONFIG_MEDIA_TYPE, size: config.length, digest: digestRefOf(config) },
    layers: [...layers, layer.descriptor],
  };
  return { manifest: toUtf8(JSON.stringify(manifest)), config };
}

const EMPTY_CONFIG: JsonObject = { architecture: "", os: "", config: {} };

function membersOf(value: JsonValue, name: string): JsonArray | undefined {
  const members = isJsonObject(value) ? value[name] : undefined;
  return isJsonArray(members) ? members : undefined;
}

function diffIdsOf(config: JsonValue): JsonArray | undefined {
  return isJsonObject(config) ? membersOf(config["rootfs"] ?? null, "diff_ids") : undefined;
}

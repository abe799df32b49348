import type { Bundle } from "../../core/bundle/bundle.ts";
import { readDetached, SIMPLE_SIGNING_MEDIA_TYPE, DSSE_MEDIA_TYPE } from "../../core/bundle/detached.ts";
import { BUNDLE_BYTES_MAX, readBundle } from "../../core/bundle/read.ts";
import { parseDigestRef, type DigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import type { Parsed } from "../../core/parsed.ts";
import type { AttachedSignature } from "../../core/sign/attached-signature.ts";
import { legacyTag } from "../../core/sign/legacy.ts";
import type { Gap } from "../../core/verdict.ts";
import type { Descriptor, Registry, RepositoryName } from "../../ports/registry.ts";

/** Something beside an image that says it is a signature and cannot be read as one. */
export type UnreadableSignature = {
  readonly layout: AttachedSignature["layout"];
  readonly manifest: DigestRef;
  readonly code: string;
  readonly detail: string;
};

/** What lies beside an image. `gaps` is what should be there and could not be had. */
export type GatheredSignatures = {
  readonly signatures: readonly AttachedSignature[];
  readonly unreadable: readonly UnreadableSignature[];
  readonly gaps: readonly Gap[];
};

/** A registry as far as evidence is read from it. */
type ReadableRegistry = Pick<Registry, "referrers" | "manifest" | "blob">;

export type ImageName = { readonly repository: RepositoryName; readonly digest: DigestRef };

const BUNDLE_TYPE_PREFIX = "application/vnd.dev.sigstore.bundle";
/** Cosign 2's experiment: the older layout as a referrer (cosign `internal/pkg/oci/remote/remote.go`). */
const COSIGN2_ARTIFACT_TYPE = "application/vnd.dev.cosign.artifact.sig.v1+json";
/** Attestations as a referrer (cosign `pkg/oci/remote/write.go`, WriteAttestationsReferrer). */
const INTOTO_ARTIFACT_TYPE = "application/vnd.in-toto+json";

/** Looked at beside one image: whoever can push may make a registry hold any number of bad ones. */
const MANIFESTS_MAX = 100;
const LAYERS_MAX = 100;
const BYTES_MAX = 64 * 1024 * 1024;

/**
 * Gathers the signatures of an image: referrers, by API or fallback tag, and the tags `.sig` and `.att`. Decides nothing
 * but what is a signature by its type; whoever can push to a repository can push these. What is too large, or more than
 * is looked at, stands in the answer and hides nothing else.
 */
export async function gatherSignatures(
  registry: ReadableRegistry,
  image: ImageName,
  signal: AbortSignal,
): Promise<GatheredSignatures> {
  const referrers = await registry.referrers(image.repository, image.digest, signal);
  const asked = referrers.filter(isSignature);
  const tags = await Promise.all((["sig", "att"] as const).map((kind) => readTagged(registry, image, kind, signal)));
  const sources = [
    ...tags.flatMap((digest) => digest ?? []),
    ...asked.slice(0, MANIFESTS_MAX).map(({ digest }) => digest),
  ];
  const place: Place = { registry, repository: image.repository, budget: { layers: LAYERS_MAX, bytes: BYTES_MAX } };
  const parts: GatheredSignatures[] = [];
  for (const manifest of sources) {
    // oxlint-disable-next-line no-await-in-loop -- bounded memory: a bundle may have megabytes
    parts.push(await gatherManifest(place, manifest, signal));
  }
  const skipped = asked.length - MANIFESTS_MAX;
  const detail = `${skipped} signatures of ${image.digest} beyond the first ${MANIFESTS_MAX}`;
  return join([...parts, skipped > 0 ? gap("signatures", detail) : NOTHING]);
}

const NOTHING: GatheredSignatures = { signatures: [], unreadable: [], gaps: [] };

function gap(missing: string, detail: string): GatheredSignatures {
  return { ...NOTHING, gaps: [{ missing, detail }] };
}

function unreadable(one: UnreadableSignature): GatheredSignatures {
  return { ...NOTHING, unreadable: [one] };
}

function join(parts: readonly GatheredSignatures[]): GatheredSignatures {
  return {
    signatures: parts.flatMap(({ signatures }) => signatures),
    unreadable: parts.flatMap((part) => part.unreadable),
    gaps: parts.flatMap(({ gaps }) => gaps),
  };
}

function isSignature({ artifactType = "" }: Descriptor): boolean {
  return (
    artifactType.startsWith(BUNDLE_TYPE_PREFIX) ||
    artifactType === COSIGN2_ARTIFACT_TYPE ||
    artifactType === INTOTO_ARTIFACT_TYPE
  );
}

async function readTagged(
  registry: ReadableRegistry,
  { repository, digest }: ImageName,
  kind: "sig" | "att",
  signal: AbortSignal,
): Promise<DigestRef | undefined> {
  const found = await registry.manifest(repository, legacyTag(digest, kind), signal);
  return found?.descriptor.digest;
}

type Place = {
  readonly registry: ReadableRegistry;
  readonly repository: RepositoryName;
  /** What may still be read beside this image. */
  readonly budget: { layers: number; bytes: number };
};

async function gatherManifest(place: Place, digest: DigestRef, signal: AbortSignal): Promise<GatheredSignatures> {
  const found = await orTooLarge(place.registry.manifest(place.repository, digest, signal));
  if (found === undefined) return gap("manifest", `${digest} is listed and not there`);
  const layers = found === "too-large" ? [] : layersOf(found.bytes);
  if (layers.length === 0 || layers.length > LAYERS_MAX) {
    const detail = found === "too-large" ? "the manifest is larger than the limit" : `${layers.length} layers`;
    const code = layers.length > LAYERS_MAX ? "too-many-candidates" : "manifest-layers";
    return unreadable({ layout: "referrer", manifest: digest, code, detail });
  }
  const parts: GatheredSignatures[] = [];
  for (const layer of layers) {
    // oxlint-disable-next-line no-await-in-loop -- as above
    if (layer) parts.push(await gatherLayer(place, digest, layer, signal));
  }
  return join(parts);
}

/** One thing that is too large must not hide the others; any other fault is the registry's. */
async function orTooLarge<T>(read: Promise<T>): Promise<T | "too-large"> {
  return read.catch((error: unknown) => {
    if (error instanceof Fault && error.id === "registry.too-large") return "too-large" as const;
    throw error;
  });
}

function layersOf(manifest: Uint8Array): readonly (Layer | undefined)[] {
  const json = readJson(manifest, { bytesMax: manifest.length, depthMax: JSON_DEPTH_MAX });
  const members = json.ok && isJsonObject(json.value) ? json.value["layers"] : undefined;
  return isJsonArray(members) ? members.map(toLayer) : [];
}

type Layer = {
  readonly mediaType: string;
  readonly digest: DigestRef;
  readonly annotations: Readonly<Record<string, string>>;
};

/** `undefined` for what is no layer of a signature; it is passed over, as other clients' additions are. */
function toLayer(value: JsonValue): Layer | undefined {
  if (!isJsonObject(value)) return undefined;
  const { mediaType, digest } = value;
  const parsed = typeof digest === "string" ? parseDigestRef(digest) : undefined;
  if (typeof mediaType !== "string" || parsed === undefined) return undefined;
  const isKnown =
    mediaType.startsWith(BUNDLE_TYPE_PREFIX) ||
    mediaType === SIMPLE_SIGNING_MEDIA_TYPE ||
    mediaType === DSSE_MEDIA_TYPE;
  return isKnown ? { mediaType, digest: parsed, annotations: toAnnotations(value) } : undefined;
}

function toAnnotations({ annotations }: JsonObject): Readonly<Record<string, string>> {
  const entries = isJsonObject(annotations) ? Object.entries(annotations) : [];
  return Object.fromEntries(entries.flatMap(([name, text]) => (typeof text === "string" ? [[name, text]] : [])));
}

async function gatherLayer(
  place: Place,
  manifest: DigestRef,
  layer: Layer,
  signal: AbortSignal,
): Promise<GatheredSignatures> {
  const { registry, repository, budget } = place;
  if (budget.layers <= 0 || budget.bytes <= 0) return gap("signatures", `${layer.digest}, after enough others`);
  budget.layers -= 1;
  const blob = await orTooLarge(registry.blob(repository, layer.digest, BUNDLE_BYTES_MAX, signal));
  if (blob === undefined) return gap("blob", `${layer.digest} is named by ${manifest} and not there`);
  const layout = layer.mediaType.startsWith(BUNDLE_TYPE_PREFIX) ? "referrer" : "legacy";
  if (blob === "too-large") {
    return unreadable({ layout, manifest, code: "too-large", detail: `${layer.digest} is larger than the limit` });
  }
  budget.bytes -= blob.length;
  const bundle = readLayer(layer, blob);
  if (!bundle.ok) return unreadable({ layout, manifest, code: bundle.code, detail: bundle.detail });
  const payload = layer.mediaType === SIMPLE_SIGNING_MEDIA_TYPE ? { payload: blob } : {};
  return { ...NOTHING, signatures: [{ layout, manifest, blob: layer.digest, bundle: bundle.value, ...payload }] };
}

function readLayer({ mediaType, annotations }: Layer, blob: Uint8Array): Parsed<Bundle> {
  return mediaType.startsWith(BUNDLE_TYPE_PREFIX) ? readBundle(blob) : readDetached({ mediaType, annotations, blob });
}

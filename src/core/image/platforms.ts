import { parseDigestRef, type DigestRef } from "../digest.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { JSON_DEPTH_MAX, readJson, type JsonCode } from "../json/read-json.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";

/** What an index lists under one digest. */
export type IndexEntry = {
  readonly digest: DigestRef;
  /** `image`: something that runs; `index`: more of the same; `attestation`: what build tools put beside images, marked as of no platform. */
  readonly kind: "image" | "index" | "attestation";
  /** `os/arch[/variant]`; absent where the index does not say. */
  readonly platform?: string;
};

export type IndexCode = JsonCode | "manifest-invalid" | "manifest-ambiguous" | "too-many-children";

const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;
/** Children of an index and of the indexes in it together, and how deep those may stand (trust-policy chapter §3.3). */
export const CHILDREN_MAX = 64;
export const INDEX_DEPTH_MAX = 2;

const INDEX_TYPES: ReadonlySet<JsonValue | undefined> = new Set<JsonValue>([
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
]);
/** What build tools write for manifests that are no image: BuildKit's attestations. */
const NO_PLATFORM = "unknown";

/**
 * Reads what an index lists (OCI image-spec v1.1, Image Index); a manifest that is none gives `undefined`. What is both an
 * index and an image would be one to us and the other to a runtime (CVE-2021-41190).
 */
export function readIndexEntries(bytes: Uint8Array): Parsed<readonly IndexEntry[] | undefined, IndexCode> {
  const json = readJson(bytes, { bytesMax: MANIFEST_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!json.ok) return json;
  if (!isJsonObject(json.value)) return malformed("manifest-invalid", "not an object");
  const { manifests, layers, config, mediaType } = json.value;
  if (manifests === undefined) {
    return INDEX_TYPES.has(mediaType) ? malformed("manifest-invalid", "an index without manifests") : parsed(undefined);
  }
  if (layers !== undefined || config !== undefined) {
    return malformed("manifest-ambiguous", "both an index and an image");
  }
  if (!isJsonArray(manifests)) return malformed("manifest-invalid", "manifests is not a list");
  if (manifests.length > CHILDREN_MAX) return malformed("too-many-children", `${manifests.length} children`);
  const entries = manifests.map(toEntry);
  const known = entries.flatMap((entry) => entry ?? []);
  return known.length === entries.length
    ? parsed(known)
    : malformed("manifest-invalid", "a child without a SHA-256 digest");
}

function toEntry(value: JsonValue): IndexEntry | undefined {
  if (!isJsonObject(value)) return undefined;
  const digest = typeof value["digest"] === "string" ? parseDigestRef(value["digest"]) : undefined;
  if (!digest) return undefined;
  if (INDEX_TYPES.has(value["mediaType"])) return { digest, kind: "index" };
  const platform = isJsonObject(value["platform"]) ? renderPlatform(value["platform"]) : undefined;
  if (platform?.split("/")[0] === NO_PLATFORM) return { digest, kind: "attestation" };
  return { digest, kind: "image", ...(platform !== undefined && { platform }) };
}

function renderPlatform({ os, architecture, variant }: JsonObject): string | undefined {
  if (typeof os !== "string" || typeof architecture !== "string") return undefined;
  return [os, architecture, ...(typeof variant === "string" && variant !== "" ? [variant] : [])].join("/");
}

/** A manifest that has to be judged by itself; `platform` is empty where nobody says which it is of. */
export type PlatformChild = { readonly platform: string; readonly digest: DigestRef };

/** `missing`: platforms asked for that the image does not have: `platform-uncovered`. */
export type PlatformCover = { readonly children: readonly PlatformChild[]; readonly missing: readonly string[] };

/**
 * Chooses the children of an index that have to be signed each: those of the platforms asked for, or all where none are.
 * A platform without a variant means every variant: a runtime may choose any of them.
 */
export function coverPlatforms(entries: readonly IndexEntry[], wanted: readonly string[]): PlatformCover {
  const images = entries.filter(({ kind }) => kind === "image");
  const isWanted = ({ platform }: IndexEntry): boolean =>
    wanted.length === 0 || (platform !== undefined && wanted.some((name) => isOf(platform, name)));
  return {
    children: images.filter(isWanted).map(({ digest, platform = "" }) => ({ digest, platform })),
    missing: wanted.filter((name) => !images.some(({ platform }) => platform !== undefined && isOf(platform, name))),
  };
}

function isOf(platform: string, wanted: string): boolean {
  return platform === wanted || (wanted.split("/").length === 2 && platform.startsWith(`${wanted}/`));
}

import type { DigestRef } from "../digest.ts";
import type { ImageMatch } from "../inventory/running-container.ts";
import { isFields } from "../pipelines/field-reader.ts";
import { parsed, malformed, type Parsed } from "../parsed.ts";
import { parseDigestRef } from "../digest.ts";

/**
 * Everything one digest stands for: the index, its manifests per platform, and their configurations. A runtime may report
 * any of them for the same image.
 */
export type ImageSet = {
  /** The digest that was resolved: an index or a manifest. */
  readonly subject: DigestRef;
  readonly isIndex: boolean;
  readonly children: readonly ImageChild[];
};
export type ImageChild = {
  readonly manifest: DigestRef;
  /** `os/arch[/variant]`; empty when the manifest stands alone. */
  readonly platform: string;
  readonly config?: DigestRef;
};

/** An index lists its platforms and attestations; hundreds would be a manifest bomb. */
const CHILDREN_MAX = 256;

/** What a manifest says it is made of (OCI image-spec v1.1 index and manifest; Docker schema 2). */
export type ManifestParts =
  | { readonly kind: "index"; readonly children: readonly ImageChild[] }
  | { readonly kind: "manifest"; readonly config: DigestRef };

/** Reads the parsed JSON of a manifest. Entries of an index without a SHA-256 digest are left out: nothing here could match them. */
export function readManifestParts(manifest: unknown): Parsed<ManifestParts, "manifest-shape"> {
  const fields = isFields(manifest) ? manifest : {};
  const { manifests, config } = fields;
  if (Array.isArray(manifests)) {
    const children = manifests.slice(0, CHILDREN_MAX).flatMap((item: unknown) => readChild(item));
    return parsed({ kind: "index", children });
  }
  const digest =
    isFields(config) && typeof config["digest"] === "string" ? parseDigestRef(config["digest"]) : undefined;
  return digest
    ? parsed({ kind: "manifest", config: digest })
    : malformed("manifest-shape", "neither an index with manifests nor a manifest with a config");
}

/** How a reported digest relates to the signed one. `undefined` when the set does not hold it. */
export function matchInSet(set: ImageSet, reported: DigestRef): ImageMatch | undefined {
  if (reported === set.subject) return set.isIndex ? "match-index" : "match-exact";
  if (set.children.some((child) => child.manifest === reported)) return "match-child";
  return set.children.some((child) => child.config === reported) ? "match-config" : undefined;
}

/** All digests of a set, without duplicates, the subject first. */
export function digestsOfSet(set: ImageSet): readonly DigestRef[] {
  const children = set.children.flatMap((child) => [child.manifest, ...(child.config ? [child.config] : [])]);
  return [...new Set([set.subject, ...children])];
}

function readChild(item: unknown): readonly ImageChild[] {
  const manifest = isFields(item) && typeof item["digest"] === "string" ? parseDigestRef(item["digest"]) : undefined;
  if (!manifest || !isFields(item)) return [];
  const platform = isFields(item["platform"]) ? item["platform"] : {};
  const parts = [platform["os"], platform["architecture"], platform["variant"]];
  return [{ manifest, platform: parts.filter((part) => typeof part === "string" && part !== "").join("/") }];
}

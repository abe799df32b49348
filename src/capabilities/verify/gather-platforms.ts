import type { DigestRef } from "../../core/digest.ts";
import {
  CHILDREN_MAX,
  coverPlatforms,
  INDEX_DEPTH_MAX,
  readIndexEntries,
  type IndexCode,
  type IndexEntry,
  type PlatformChild,
} from "../../core/image/platforms.ts";
import { malformed, parsed, type Parsed } from "../../core/parsed.ts";
import type { Registry, RepositoryName } from "../../ports/registry.ts";

export type PlatformsCode = IndexCode | "image-missing" | "platform-uncovered";

/** An image and everything that runs under its name: itself, where it is no index. */
export type ImagePlatforms = { readonly digest: DigestRef; readonly children: readonly PlatformChild[] };

/** Gathers the manifests of every platform of an image: the children of its index, and of indexes in that. */
export function gatherPlatforms(
  registry: Registry,
): (
  repository: RepositoryName,
  reference: string,
  signal: AbortSignal,
) => Promise<Parsed<ImagePlatforms, PlatformsCode>> {
  return async (repository, reference, signal) => {
    const read = async (name: string, depth: number): Promise<Parsed<Listed, PlatformsCode>> => {
      const image = await registry.manifest(repository, name, signal);
      if (!image) return malformed("image-missing", `${repository} has no ${name}`);
      const { digest } = image.descriptor;
      const listed = readIndexEntries(image.bytes);
      if (!listed.ok) return malformed(listed.code, `${digest}: ${listed.detail}`);
      if (!listed.value) return parsed({ digest, entries: [{ digest, kind: "image" }] });
      const entries: IndexEntry[] = [];
      for (const entry of listed.value) {
        if (entry.kind !== "index") entries.push(entry);
        else if (depth >= INDEX_DEPTH_MAX) return malformed("manifest-invalid", `${digest}: an index too deep inside`);
        else {
          // oxlint-disable-next-line no-await-in-loop -- bounded by the children that an index may have
          const inner = await read(entry.digest, depth + 1);
          if (!inner.ok) return inner;
          entries.push(...inner.value.entries);
        }
        if (entries.length > CHILDREN_MAX) return malformed("too-many-children", `more than ${CHILDREN_MAX} children`);
      }
      return parsed({ digest, entries });
    };
    const whole = await read(reference, 1);
    if (!whole.ok) return whole;
    const { digest, entries } = whole.value;
    const { children } = coverPlatforms(entries, []);
    return children.length > 0
      ? parsed({ digest, children })
      : malformed("platform-uncovered", `${digest} lists nothing that runs`);
  };
}

type Listed = { readonly digest: DigestRef; readonly entries: readonly IndexEntry[] };

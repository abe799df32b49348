import type { DigestRef } from "../../core/digest.ts";
import { readIndexEntries } from "../../core/image/platforms.ts";
import type { EvidenceGap } from "../../core/policy/judge/image-evidence.ts";
import type { Requirement } from "../../core/policy/trust-policy.ts";
import type { EvidenceRegistry } from "./bounded-registry.ts";

export type PlatformImage = { readonly platform: string; readonly digest: DigestRef };
export type Listed = { readonly children: readonly PlatformImage[]; readonly gap?: EvidenceGap };

type Index = { readonly repository: string; readonly digest: DigestRef };

/** The images that an index lists for platforms, at most `childrenMax` of them. */
export async function listChildren(
  registry: Pick<EvidenceRegistry, "manifest">,
  { repository, digest }: Index,
  childrenMax: number,
  signal: AbortSignal,
): Promise<Listed> {
  const found = await registry.manifest(repository, digest, signal);
  if (!found) return { children: [], gap: { code: "image-not-found", detail: `${digest} is not there` } };
  const listed = readIndexEntries(found.bytes);
  // What one reader takes for an index and another for an image is neither.
  if (!listed.ok) return { children: [], gap: { code: listed.code, detail: `${digest}: ${listed.detail}` } };
  if (!listed.value) {
    const detail = `${digest} is no index, so its platform is not known`;
    return { children: [], gap: { code: "platform-uncovered", detail } };
  }
  const children = listed.value.flatMap((entry) =>
    entry.kind === "image" && entry.platform !== undefined ? [{ platform: entry.platform, digest: entry.digest }] : [],
  );
  return children.length > childrenMax
    ? { children: [], gap: { code: "too-many-candidates", detail: `${children.length} platforms` } }
    : { children };
}

/** Whether some term of a requirement is about platforms. */
export function asksForPlatforms(require: Requirement): boolean {
  if (require.op === "signature" || require.op === "attestation") return require.on !== "subject";
  return require.of.some(asksForPlatforms);
}

/** The index behind a tag that lists an image; `undefined` where it is none, or could not be had: it is advice only. */
export async function findListing(
  registry: Pick<EvidenceRegistry, "manifest">,
  { repository, digest, tag }: Index & { readonly tag: string },
  signal: AbortSignal,
): Promise<DigestRef | undefined> {
  const found = await registry.manifest(repository, tag, signal);
  if (!found || found.descriptor.digest === digest) return undefined;
  const listed = readIndexEntries(found.bytes);
  const isListing = listed.ok && listed.value?.some((entry) => entry.digest === digest);
  return isListing ? found.descriptor.digest : undefined;
}

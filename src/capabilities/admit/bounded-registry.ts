import type { EvidenceGap } from "../../core/policy/judge/image-evidence.ts";
import type { Descriptor, Registry } from "../../ports/registry.ts";
import type { BytePool, Share } from "./byte-pool.ts";
import { codeOfFailure } from "./fault-code.ts";

/** What the evidence of one image may cost (trust-policy chapter §3.4). */
export type EvidenceLimits = {
  /** Manifests of signatures that are read. */
  readonly candidates: number;
  /** Of one bundle or envelope. */
  readonly bundleBytes: number;
  /** Of all that is read for one image. */
  readonly totalBytes: number;
};

/** Where an authority's signatures may lie. */
export type EvidenceFormat = "bundle" | "legacy";

export type EvidenceRegistry = Pick<Registry, "manifest" | "blob" | "referrers">;

/** A registry as one judgement may use it, and what it could not have of it. */
export type BoundedRegistry = {
  readonly registry: EvidenceRegistry;
  readonly gaps: () => readonly EvidenceGap[];
  /** Gives the memory back. */
  readonly release: () => void;
};

export type BoundedRegistryOptions = {
  readonly formats: ReadonlySet<EvidenceFormat>;
  readonly limits: EvidenceLimits;
  readonly pool: BytePool;
};

const LEGACY_TAG = /^sha256-[0-9a-f]{64}\.(?:sig|att)$/;

/**
 * Bounds what whoever can push to a repository can make us read, asks for no format that nobody would accept, and turns what
 * fails into gaps: one source that is down must not hide what another proves.
 */
export function boundedRegistry(
  registry: EvidenceRegistry,
  { formats, limits, pool }: BoundedRegistryOptions,
): BoundedRegistry {
  const shares: Share[] = [];
  const gaps: EvidenceGap[] = [];
  let bytes = 0;
  let manifests = 0;
  const cut = (detail: string): undefined => void gaps.push({ code: "too-many-candidates", detail });
  const orGap = async <T>(asked: Promise<T>, none: T, source?: EvidenceFormat): Promise<T> => {
    try {
      return await asked;
    } catch (error) {
      const failure = codeOfFailure(error);
      if (!failure || failure.code === "deadline") throw error;
      gaps.push({ ...failure, ...(source && { source }) });
      return none;
    }
  };
  return {
    registry: {
      referrers: async (repository, subject, signal) => {
        if (!formats.has("bundle")) return [];
        const found = await orGap(registry.referrers(repository, subject, signal), [], "bundle");
        return found.toSorted(byDigest);
      },
      manifest: async (repository, reference, signal) => {
        const isLegacy = LEGACY_TAG.test(reference);
        if (isLegacy && !formats.has("legacy")) return undefined;
        if (manifests >= limits.candidates) return cut(`more than ${limits.candidates} signatures`);
        manifests += 1;
        const asked = registry.manifest(repository, reference, signal);
        return orGap(asked, undefined, isLegacy ? "legacy" : undefined);
      },
      blob: async (repository, digest, bytesMax, signal) => {
        const left = Math.min(bytesMax, limits.bundleBytes, limits.totalBytes - bytes);
        if (left <= 0) return cut(`signatures of more than ${limits.totalBytes} bytes`);
        const share = await pool.take(left, signal);
        shares.push(share);
        const blob = await orGap(registry.blob(repository, digest, left, signal), undefined);
        bytes += blob?.length ?? 0;
        share.keep(blob?.length ?? 0);
        return blob;
      },
    },
    gaps: () => gaps,
    release: () => {
      for (const share of shares) share.release();
    },
  };
}

/** In an order that whoever pushes cannot choose freely, and that is the same at the next try. */
function byDigest(a: Descriptor, b: Descriptor): number {
  return a.digest < b.digest ? -1 : 1;
}

import type { Candidate, EvidenceGap } from "../../core/policy/judge/image-evidence.ts";
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
export type EvidenceFormat = Candidate["source"];

export type EvidenceRegistry = Pick<Registry, "manifest" | "blob" | "referrers">;

/** A registry as one judgement may use it, and what it could not have of it. */
export type BoundedRegistry = {
  /** For whoever looks for these formats; what they all read together is bounded. */
  readonly lookingFor: (formats: ReadonlySet<EvidenceFormat>) => EvidenceRegistry;
  readonly gaps: () => readonly EvidenceGap[];
  /** Gives the memory back. */
  readonly release: () => void;
};

export type BoundedRegistryOptions = {
  readonly limits: EvidenceLimits;
  readonly pool: BytePool;
};

const LEGACY_TAG = /^sha256-[0-9a-f]{64}\.(?:sig|att)$/;

/**
 * Bounds what whoever can push to a repository can make us read, asks for no format that nobody would accept, and turns what
 * fails into gaps: one source that is down must not hide what another proves.
 */
export function boundedRegistry(registry: EvidenceRegistry, options: BoundedRegistryOptions): BoundedRegistry {
  const { limits, pool } = options;
  const shares: Share[] = [];
  const gaps: EvidenceGap[] = [];
  const listed = new Map<string, ReturnType<EvidenceRegistry["referrers"]>>();
  let bytes = 0;
  let manifests = 0;
  // Two who look for different things beside one image ask for the list once.
  const referrersOf: EvidenceRegistry["referrers"] = (repository, subject, signal) => {
    const key = `${repository}@${subject}`;
    const asked = listed.get(key) ?? registry.referrers(repository, subject, signal);
    listed.set(key, asked);
    return asked;
  };
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
  const lookingFor = (formats: ReadonlySet<EvidenceFormat>): EvidenceRegistry => {
    const [only] = formats.size === 1 ? formats : [];
    const referring = formats.has("notation") ? "notation" : "bundle";
    return {
      referrers: async (repository, subject, signal) => {
        if (!formats.has(referring)) return [];
        const found = await orGap(referrersOf(repository, subject, signal), [], referring);
        return found.toSorted(byDigest);
      },
      manifest: async (repository, reference, signal) => {
        const isLegacy = LEGACY_TAG.test(reference);
        if (isLegacy && !formats.has("legacy")) return undefined;
        if (manifests >= limits.candidates) return cut(`more than ${limits.candidates} signatures`);
        manifests += 1;
        const asked = registry.manifest(repository, reference, signal);
        return orGap(asked, undefined, isLegacy ? "legacy" : only);
      },
      blob: async (repository, digest, bytesMax, signal) => {
        const left = Math.min(bytesMax, limits.bundleBytes, limits.totalBytes - bytes);
        if (left <= 0) return cut(`signatures of more than ${limits.totalBytes} bytes`);
        const share = await pool.take(left, signal);
        shares.push(share);
        const blob = await orGap(registry.blob(repository, digest, left, signal), undefined, only);
        bytes += blob?.length ?? 0;
        share.keep(blob?.length ?? 0);
        return blob;
      },
    };
  };
  return {
    lookingFor,
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

import { Fault } from "../../core/fault.ts";
import type { Descriptor, Registry, RepositoryName } from "../../ports/registry.ts";

/** Other places of what lies below a name (`host/path`), as clusters are configured with IDMS, ITMS and ICSP. */
export type Mirror = {
  readonly source: string;
  /** In the order in which they are tried, before the source. */
  readonly mirrors: readonly string[];
  /** What a digest names is the same everywhere; a tag is what the mirror says. */
  readonly for: "digests" | "tags" | "all";
  readonly neverContactSource: boolean;
};

/**
 * A registry of which a part lies in other places. Names stay those of the source, so that whoever chooses a policy by them
 * is not led elsewhere. What is read by digest has been hashed, so a mirror needs no trust. A place that fails is passed
 * over; what no place has is missing only when every one has said so. What is pushed goes to the source.
 */
export function mirroredRegistry(registry: Registry, mirrors: readonly Mirror[]): Registry {
  if (mirrors.length === 0) return registry;
  const first = async <T>(
    { name, kind, signal }: Asked,
    read: (place: RepositoryName) => Promise<T | undefined>,
  ): Promise<T | undefined> => {
    let fault: Fault | undefined;
    for (const place of placesOf(mirrors, name, kind)) {
      // oxlint-disable-next-line no-await-in-loop -- in order: the next one only where this has nothing
      const found = await orFault(read(place), signal);
      if (found instanceof Fault) fault = found;
      else if (found !== undefined) return found;
    }
    if (fault) throw fault;
    return undefined;
  };
  return {
    manifest: (name, reference, signal) =>
      first({ name, kind: kindOf(reference), signal }, (place) => registry.manifest(place, reference, signal)),
    blob: (name, digest, bytesMax, signal) =>
      first({ name, kind: "digests", signal }, (place) => registry.blob(place, digest, bytesMax, signal)),
    referrers: async (name, subject, signal) => {
      const places = placesOf(mirrors, name, "digests");
      const answers = await Promise.all(
        places.map((place) => orFault(registry.referrers(place, subject, signal), signal)),
      );
      return merge(answers);
    },
    pushBlob: (name, bytes, signal) => registry.pushBlob(name, bytes, signal),
    pushManifest: (name, manifest, signal) => registry.pushManifest(name, manifest, signal),
  };
}

type Kind = "digests" | "tags";
type Asked = { readonly name: RepositoryName; readonly kind: Kind; readonly signal: AbortSignal };

/** Signatures under a tag are named by the digest of what they are about, and belong to it. */
const BY_DIGEST = /^sha256[:-][0-9a-f]{64}/;

function kindOf(reference: string): Kind {
  return BY_DIGEST.test(reference) ? "digests" : "tags";
}

/** The mirrors of the longest source that a name lies in, then the source itself. */
function placesOf(mirrors: readonly Mirror[], name: RepositoryName, kind: Kind): readonly RepositoryName[] {
  const matching = mirrors.filter((one) => isIn(name, one.source) && (one.for === "all" || one.for === kind));
  const [best] = matching.toSorted((a, b) => b.source.length - a.source.length);
  if (!best) return [name];
  const places = best.mirrors.map((mirror) => mirror + name.slice(best.source.length));
  return best.neverContactSource ? places : [...places, name];
}

function isIn(name: RepositoryName, source: string): boolean {
  return name === source || name.startsWith(`${source}/`);
}

/** A failure of one place as a value; that nobody waits any more is not one. */
async function orFault<T>(asked: Promise<T>, signal: AbortSignal): Promise<T | Fault> {
  return asked.catch((error: unknown) => {
    if (error instanceof Fault && !signal.aborted) return error;
    throw error;
  });
}

/**
 * What refers to an image in any place. The last place is the one that knows best, so that failures of others count only
 * where it has failed itself and nothing was found.
 */
function merge(answers: readonly (readonly Descriptor[] | Fault)[]): readonly Descriptor[] {
  const found = new Map(answers.flatMap((one) => (one instanceof Fault ? [] : one.map((item) => [item.digest, item]))));
  const last = answers.at(-1);
  if (found.size === 0 && last instanceof Fault) throw last;
  return [...found.values()];
}

import type { DigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { ENVELOPE_BYTES_MAX } from "../../core/notation/envelope.ts";
import {
  mayBeNotation,
  NOTATION_SIGNATURES_MAX,
  readSignatureManifest,
  type SignatureManifestCode,
} from "../../core/notation/signature-manifest.ts";
import type { Registry, RepositoryName } from "../../ports/registry.ts";

/** One thing beside an artifact that is, or says that it is, a signature of the Notary Project; unjudged. */
export type FoundNotation =
  | {
      readonly kind: "envelope";
      readonly manifest: DigestRef;
      readonly mediaType: string;
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: "unreadable";
      readonly manifest: DigestRef;
      readonly code: SignatureManifestCode;
      readonly detail: string;
    }
  /** `manifest`, `blob`: named and not there. `too-many-candidates`: there are more, which nobody looks at. */
  | { readonly kind: "gap"; readonly missing: "manifest" | "blob" | "too-many-candidates"; readonly detail: string };

/**
 * Finds the Notary Project signatures of an artifact, one at a time, so that memory holds one and whoever has enough can
 * stop. Those that say what they are go first: others cannot crowd them out.
 * Faults: those of the registry, except for what is too large, which must not hide the rest.
 */
export async function* findNotations(
  registry: Pick<Registry, "referrers" | "manifest" | "blob">,
  { repository, digest }: { readonly repository: RepositoryName; readonly digest: DigestRef },
  signal: AbortSignal,
): AsyncGenerator<FoundNotation, void, undefined> {
  const listed = (await registry.referrers(repository, digest, signal)).filter(mayBeNotation);
  const referrers = listed.toSorted(
    (a, b) => Number(b.artifactType !== undefined) - Number(a.artifactType !== undefined),
  );
  for (const referrer of referrers.slice(0, NOTATION_SIGNATURES_MAX)) {
    // oxlint-disable-next-line no-await-in-loop -- see above
    const found = await readReferrer({ registry, repository, digest, signal }, referrer.digest);
    // One that says nothing of its type, and turns out to be of another.
    if (found.kind !== "unreadable" || found.code !== "manifest-type") yield found;
  }
  const skipped = referrers.length - NOTATION_SIGNATURES_MAX;
  if (skipped > 0) {
    yield { kind: "gap", missing: "too-many-candidates", detail: `${skipped} more signatures are beside ${digest}` };
  }
}

type Place = {
  readonly registry: Pick<Registry, "manifest" | "blob">;
  readonly repository: RepositoryName;
  readonly digest: DigestRef;
  readonly signal: AbortSignal;
};

async function readReferrer(place: Place, manifest: DigestRef): Promise<FoundNotation> {
  const { registry, repository, digest, signal } = place;
  const read = await registry.manifest(repository, manifest, signal);
  if (!read) return { kind: "gap", missing: "manifest", detail: `${manifest} is listed and not there` };
  const layer = readSignatureManifest(read.bytes, digest);
  if (!layer.ok) {
    return { kind: "unreadable", manifest, code: layer.code, detail: `${manifest}: ${layer.detail}` };
  }
  const { mediaType } = layer.value;
  const bytes = await orTooLarge(registry.blob(repository, layer.value.digest, ENVELOPE_BYTES_MAX, signal));
  if (bytes === "too-large") {
    return { kind: "unreadable", manifest, code: "too-large", detail: `the envelope of ${manifest}` };
  }
  const missing = `${layer.value.digest} is named by ${manifest} and not there`;
  return bytes ? { kind: "envelope", manifest, mediaType, bytes } : { kind: "gap", missing: "blob", detail: missing };
}

/** One thing that is too large must not hide the others; any other fault is the registry's. */
async function orTooLarge<T>(read: Promise<T>): Promise<T | "too-large"> {
  return read.catch((error: unknown) => {
    if (error instanceof Fault && error.id === "registry.too-large") return "too-large" as const;
    throw error;
  });
}

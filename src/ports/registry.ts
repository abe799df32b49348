import type { DigestRef } from "../core/digest.ts";

/** A content descriptor (OCI image-spec v1.1, descriptor). */
export type Descriptor = {
  readonly mediaType: string;
  readonly digest: DigestRef;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
};

/** `host/path`, without tag or digest. */
export type RepositoryName = string;

export type Manifest = { readonly descriptor: Descriptor; readonly bytes: Uint8Array };

/**
 * An OCI registry (distribution-spec v1.1). What is read by digest has been hashed and found equal.
 * Faults: `registry.unreachable`, `registry.unauthorized`, `registry.refused`, `registry.malformed`, `registry.too-large`,
 * `registry.digest-mismatch`.
 */
export interface Registry {
  /** The manifest behind a tag or digest; `undefined` when the registry has none. */
  manifest(repository: RepositoryName, reference: string, signal: AbortSignal): Promise<Manifest | undefined>;
  blob(
    repository: RepositoryName,
    digest: DigestRef,
    bytesMax: number,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined>;
  /** What refers to `subject`: the referrers API, and the fallback tag where the registry has none. */
  referrers(repository: RepositoryName, subject: DigestRef, signal: AbortSignal): Promise<readonly Descriptor[]>;

  pushBlob(repository: RepositoryName, bytes: Uint8Array, signal: AbortSignal): Promise<Descriptor>;
  /** Pushes by digest, or under `tag`; keeps the fallback index up to date where the registry has no referrers API. */
  pushManifest(
    repository: RepositoryName,
    manifest: { readonly mediaType: string; readonly bytes: Uint8Array; readonly tag?: string },
    signal: AbortSignal,
  ): Promise<Descriptor>;
}

import type { SignatureLink } from "../core/correlate/signature-link.ts";
import type { DigestRef } from "../core/digest.ts";
import type { SigningEvent } from "../core/entry/signing-event.ts";
import type { ImageSet } from "../core/image/image-set.ts";

/** An image set, and the repository that answered for it. */
export type StoredImageSet = ImageSet & { readonly repository: string };

/**
 * What registries said of artifacts: which entries verified bundles belong to, and what digests stand for.
 * Faults: as the event store.
 */
export interface SignatureStore {
  /** Durable once it resolves. A link that is known (entry, repository, subject, bundle) is kept as it was. */
  saveLinks(links: readonly SignatureLink[]): Promise<void>;
  /** In the order they were saved. */
  links(): Promise<readonly SignatureLink[]>;
  linksTo(subjects: readonly DigestRef[]): Promise<readonly SignatureLink[]>;
  linksOf(event: Pick<SigningEvent, "log" | "logIndex">): Promise<readonly SignatureLink[]>;
  /** A set of the same repository and subject is replaced. */
  saveImageSets(sets: readonly StoredImageSet[]): Promise<void>;
  imageSets(): Promise<readonly StoredImageSet[]>;
}

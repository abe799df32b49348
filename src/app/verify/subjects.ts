import { Fault } from "../../core/fault.ts";
import type { ImagePlatforms, PlatformsCode } from "../../capabilities/verify/gather-platforms.ts";
import { parseImageReference } from "../../core/image/reference.ts";
import type { Parsed } from "../../core/parsed.ts";

/** One manifest to verify: what to call it, and where it is. */
export type ImageSubject = { readonly subject: string; readonly repository: string; readonly reference: string };

/** Everything that runs under an image's name. */
export type ReadPlatforms = (
  image: { readonly repository: string; readonly reference: string },
  signal: AbortSignal,
) => Promise<Parsed<ImagePlatforms, PlatformsCode>>;

/**
 * Parses an image reference as a person gives it. A digest that is not of SHA-256 is refused: to look at the tag beside
 * it, or at `latest`, would be to answer for another image.
 */
export function parseSubject(ref: string): ImageSubject {
  const image = parseImageReference(ref);
  if (!image.ok) throw new Fault("input.malformed", `${ref.slice(0, 200)}: ${image.detail}`);
  const { repository, tag, digest, otherDigest } = image.value;
  if (otherDigest !== undefined)
    throw new Fault("input.malformed", `${ref.slice(0, 200)}: only sha256 is compared here`);
  return { subject: ref, repository, reference: digest ?? tag ?? "latest" };
}

/** The manifests of all platforms of an image, each to be verified by itself. */
export async function platformSubjects(
  image: ImageSubject,
  read: ReadPlatforms,
  signal: AbortSignal,
): Promise<readonly ImageSubject[]> {
  const { subject, repository } = image;
  const found = await read(image, signal);
  if (!found.ok) {
    throw new Fault(found.code === "image-missing" ? "registry.not-found" : "registry.malformed", found.detail);
  }
  return found.value.children.map(({ platform, digest }) => ({
    subject: `${subject} (${platform === "" ? digest : platform})`,
    repository,
    reference: digest,
  }));
}

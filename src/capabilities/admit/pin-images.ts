import { pinPatch, type PatchStep, type PinnedImage } from "../../core/admission/pin.ts";
import { parseImageReference } from "../../core/image/reference.ts";
import { resolver, type AdmitPorts, type AdmitQuestion } from "./admit.ts";
import { codeOfFailure } from "./fault-code.ts";

export type PinImages = (question: AdmitQuestion) => Promise<readonly PatchStep[]>;

/**
 * Puts the digest to each tag, so that what is judged next is what a node will pull. What cannot be resolved stays as it is:
 * the judgement that follows refuses it and says why. Asks nobody about an image that no family covers.
 */
export function pinImages(ports: Pick<AdmitPorts, "registry" | "policy" | "clock">): PinImages {
  return async ({ request, images, budgetMs }) => {
    const policy = ports.policy();
    if (!policy || policy.set.pin !== "mutate") return [];
    if (policy.enforcementOf(request.namespace, ports.clock.now()).kind === "exempt") return [];
    const open = images.flatMap(({ path, image, unchanged }) => {
      const parsed = parseImageReference(image);
      if (unchanged || !parsed.ok || parsed.value.tag === undefined) return [];
      const { repository, tag, digest, otherDigest } = parsed.value;
      const isPinned = digest !== undefined || otherDigest !== undefined;
      return isPinned || !policy.familyOf(repository) ? [] : [{ path, given: image, repository, tag }];
    });
    if (open.length === 0) return [];
    const resolve = resolver(ports.registry, AbortSignal.timeout(budgetMs));
    const pinned = open.map(async ({ path, given, repository, tag }): Promise<readonly PinnedImage[]> => {
      try {
        const digest = await resolve(repository, tag);
        return digest ? [{ path, given, digest }] : [];
      } catch (error) {
        if (codeOfFailure(error)) return [];
        throw error;
      }
    });
    return pinPatch((await Promise.all(pinned)).flat());
  };
}

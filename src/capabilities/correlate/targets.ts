import type { CorrelationWorld } from "../../core/correlate/world.ts";
import type { DigestRef } from "../../core/digest.ts";
import { parseImageId } from "../../core/image/image-id.ts";
import { parseImageReference, parseRepository } from "../../core/image/reference.ts";
import type { PodContainer } from "../../core/pipelines/pod.ts";

/** An image to look at in its registry: by digest, or by the tag that a pod names when no digest is known. */
export type ImageTarget = { readonly repository: string; readonly reference: DigestRef | string };

/** Every image that runs and pods of a world name, each once. */
export function imageTargets(world: Pick<CorrelationWorld, "runs" | "pods">): readonly ImageTarget[] {
  const built = world.runs.flatMap(({ value }) =>
    value.references.flatMap(({ repository, digest }) => {
      const parsed = parseRepository(repository);
      return parsed.ok ? [{ repository: parsed.value, reference: digest }] : [];
    }),
  );
  const running = world.pods.flatMap(({ value }) => value.containers.flatMap(targetOf));
  const all = [...built, ...running].map((target) => [`${target.repository}@${target.reference}`, target] as const);
  return [...new Map(all).values()];
}

/** The digest by which the registry knows what runs; a configuration's digest it does not know, so the spec's name is taken. */
function targetOf(container: PodContainer): readonly ImageTarget[] {
  const id = parseImageId(container.imageId);
  const names = [container.image, container.statusImage].map((name) => parseImageReference(name));
  const [named] = names.flatMap((name) => (name.ok ? [name.value] : []));
  if (id.kind === "manifest") {
    const repository = id.repository ?? named?.repository;
    return repository === undefined ? [] : [{ repository, reference: id.digest }];
  }
  if (!named) return [];
  const digest = names.flatMap((name) => (name.ok ? (name.value.digest ?? []) : []))[0];
  const reference = digest ?? named.tag;
  return reference === undefined ? [] : [{ repository: named.repository, reference }];
}

import type { DigestRef } from "../digest.ts";

/** A change of one image: the tag is kept for people, the digest decides. */
export type PinnedImage = { readonly path: string; readonly given: string; readonly digest: DigestRef };

/** One step of a JSON Patch (RFC 6902). */
export type PatchStep = { readonly op: "test" | "replace"; readonly path: string; readonly value: string };

/** The patch that pins images: each is tested before it is replaced, so that nobody else's change is overwritten. */
export function pinPatch(images: readonly PinnedImage[]): readonly PatchStep[] {
  return images.flatMap(({ path, given, digest }) => {
    const pointer = toPointer(path);
    return [
      { op: "test", path: pointer, value: given },
      { op: "replace", path: pointer, value: `${given}@${digest}` },
    ] as const;
  });
}

/** `spec.containers[0].image` → `/spec/containers/0/image`. Names of image fields hold neither dot, slash nor tilde. */
function toPointer(path: string): string {
  return `/${path.replaceAll(/\[(\d+)\]/g, ".$1").replaceAll(".", "/")}`;
}

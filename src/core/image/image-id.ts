import { parseDigestRef, parseSha256Hex, toDigestRef, type DigestRef } from "../digest.ts";
import { parseRepository } from "./reference.ts";

/**
 * What a runtime says that runs (pipelines chapter §7, "Running image").
 * `manifest`: a digest of the registry, index or manifest; `config`: the digest of the image configuration.
 */
export type ImageId =
  | { readonly kind: "manifest"; readonly digest: DigestRef; readonly repository?: string }
  | { readonly kind: "config"; readonly digest: DigestRef }
  | { readonly kind: "none" }
  | { readonly kind: "unreadable"; readonly text: string };

const PREFIX = /^docker(?:-pullable)?:\/\//;
/** An image id is a reference at most; what is longer is not one. */
const IMAGE_ID_CHARACTERS_MAX = 600;

/** Parses `containerStatuses[].imageID` of containerd, CRI-O, dockershim and Tekton's step status. */
export function parseImageId(text: string): ImageId {
  if (text === "") return { kind: "none" };
  if (text.length > IMAGE_ID_CHARACTERS_MAX) return { kind: "unreadable", text: text.slice(0, 80) };
  const id = text.replace(PREFIX, "");
  const bare = parseSha256Hex(id);
  if (bare) return { kind: "config", digest: toDigestRef(bare) };
  const alone = parseDigestRef(id);
  if (alone) return { kind: "config", digest: alone };
  const at = id.lastIndexOf("@");
  const digest = at < 0 ? undefined : parseDigestRef(id.slice(at + 1));
  if (!digest) return { kind: "unreadable", text };
  const repository = parseRepository(id.slice(0, at).replace(/:[^/:]*$/, ""));
  return { kind: "manifest", digest, ...(repository.ok && { repository: repository.value }) };
}

import type { UnixMs } from "../time.ts";
import type { FieldReader } from "./field-reader.ts";

/** One owner of an object (Kubernetes `metav1.OwnerReference`). Chosen by whoever creates the object: a claim. */
export type OwnerReference = {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: boolean;
};

/** What `metadata` says. `uid` is empty when the object has none (a definition, a fixture). */
export type ObjectMeta = {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly owners: readonly OwnerReference[];
  readonly createdAt?: UnixMs;
};

/** Reads `metadata` of any object; a missing uid or name is noted. */
export function readObjectMeta(object: FieldReader): ObjectMeta {
  const metadata = object.at("metadata");
  const uid = metadata.text("uid") ?? "";
  const name = metadata.text("name") ?? "";
  if (uid === "") metadata.note("uid", "missing");
  if (name === "") metadata.note("name", "missing");
  const createdAt = metadata.time("creationTimestamp");
  return {
    uid,
    namespace: metadata.text("namespace") ?? "",
    name,
    resourceVersion: metadata.text("resourceVersion") ?? "",
    labels: metadata.texts("labels"),
    annotations: metadata.texts("annotations"),
    owners: metadata.items("ownerReferences").map((owner) => ({
      kind: owner.text("kind") ?? "",
      name: owner.text("name") ?? "",
      uid: owner.text("uid") ?? "",
      controller: owner.flag("controller"),
    })),
    ...(createdAt !== undefined && { createdAt }),
  };
}

/** The one owner that controls the object; `undefined` when none does. */
export function controllerOf(meta: ObjectMeta): OwnerReference | undefined {
  return meta.owners.find((owner) => owner.controller && owner.uid !== "");
}

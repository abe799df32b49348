import { readImageFields, type ImageField } from "../image/image-fields.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { ObjectNote } from "../pipelines/field-reader.ts";
import type { AdmissionRequest, ObjectKind } from "./review.ts";

/** An image of a request, and whether the object held it at the same place before. */
export type RequestedImage = ImageField & { readonly unchanged: boolean };

export type WorkloadCode = "review-object" | "kind-unknown";

/** Whose pod specs and steps are understood, by API group (trust-policy chapter §5.2). */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  "": ["Pod", "PodTemplate", "ReplicationController"],
  apps: ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"],
  batch: ["Job", "CronJob"],
  "apps.openshift.io": ["DeploymentConfig"],
  "serving.knative.dev": ["Service", "Configuration", "Revision"],
  "tekton.dev": ["Task", "TaskRun", "StepAction"],
};

/**
 * The images of a request that have to be judged or were there before. What is deleted or connected to has none, nor has a
 * subresource of a kind of its own, such as Scale. A whole object of a kind that is not known here is refused: nobody could
 * say where it keeps its images.
 */
export function imagesOfRequest(request: AdmissionRequest): Parsed<readonly RequestedImage[], WorkloadCode> {
  const { operation, kind, subResource, object, oldObject } = request;
  if (operation === "DELETE" || operation === "CONNECT") return parsed([]);
  if (!isKnown(kind)) {
    return subResource === ""
      ? malformed("kind-unknown", `${kind.group}/${kind.kind} keeps its images at places that are not known here`)
      : parsed([]);
  }
  if (!object) return malformed("review-object", "request.object is absent");
  const notes: ObjectNote[] = [];
  const fields = readImageFields(object, notes);
  const [note] = notes;
  if (note) return malformed("review-object", `${note.path}: ${note.problem}`);
  const before = operation === "UPDATE" ? new Set(readImageFields(oldObject, []).map(placeOf)) : new Set<string>();
  return parsed(
    fields
      // A template may leave an image to a controller; a pod may not.
      .filter(({ image }) => image !== "" || kind.kind === "Pod")
      .map((field) => ({ ...field, unchanged: before.has(placeOf(field)) })),
  );
}

function isKnown({ group, kind }: ObjectKind): boolean {
  return Object.hasOwn(KINDS, group) && (KINDS[group] ?? []).includes(kind);
}

/** By name, since an element put in front moves all others; by position where there is no name. */
function placeOf({ path, name, image }: ImageField): string {
  return JSON.stringify([name === "" ? path : path.replaceAll(/\[\d+\]/g, "[]"), name, image]);
}

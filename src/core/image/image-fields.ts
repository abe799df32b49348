import { readFields, type FieldReader, type ObjectNote } from "../pipelines/field-reader.ts";

/** One place of an object that names an image. */
export type ImageField = {
  /** As in an error message: `spec.containers[0].image`. */
  readonly path: string;
  /** Of the container, step or volume; empty where it has none. */
  readonly name: string;
  /** Empty where the API allows a template to leave it to a controller. */
  readonly image: string;
};

/** Where each kind keeps its pod spec (Kubernetes API, `PodTemplateSpec`; Knative and Tekton as far as they embed one). */
const POD_SPEC_PATHS: Readonly<Record<string, readonly string[]>> = {
  Pod: ["spec"],
  PodTemplate: ["template", "spec"],
  ReplicationController: ["spec", "template", "spec"],
  ReplicaSet: ["spec", "template", "spec"],
  Deployment: ["spec", "template", "spec"],
  StatefulSet: ["spec", "template", "spec"],
  DaemonSet: ["spec", "template", "spec"],
  Job: ["spec", "template", "spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
  DeploymentConfig: ["spec", "template", "spec"],
  Service: ["spec", "template", "spec"],
  Configuration: ["spec", "template", "spec"],
  Revision: ["spec"],
};

/** Every image that an object of a known kind names; empty for others. Never throws. */
export function imageFieldsOf(object: unknown): readonly ImageField[] {
  return readImageFields(object, []).filter(({ image }) => image !== "");
}

/** As `imageFieldsOf`, with the places that are empty; what could not be read goes into `notes`, and may hide an image. */
export function readImageFields(object: unknown, notes: ObjectNote[]): readonly ImageField[] {
  const reader = readFields(object, notes);
  const kind = reader.text("kind") ?? "";
  if (kind === "Task" || kind === "StepAction") return imageFieldsOfTask(reader.at("spec"));
  if (kind === "TaskRun") return imageFieldsOfTask(reader.at("spec", "taskSpec"));
  const path = Object.hasOwn(POD_SPEC_PATHS, kind) ? POD_SPEC_PATHS[kind] : undefined;
  return path ? imageFieldsOfPodSpec(reader.at(...path)) : [];
}

/** Every image of a pod spec: all three kinds of containers, and image volumes. */
function imageFieldsOfPodSpec(spec: FieldReader): readonly ImageField[] {
  const containers = ["initContainers", "containers", "ephemeralContainers"].flatMap((group) =>
    spec.items(group).map((container) => imageAt(container, "image", container)),
  );
  const volumes = spec.items("volumes").flatMap((volume) => {
    const source = volume.at("image");
    return source.present ? [imageAt(source, "reference", volume)] : [];
  });
  return [...containers, ...volumes];
}

/** A step may take its image from the template or from a StepAction; its own place is then empty. */
function imageFieldsOfTask(spec: FieldReader): readonly ImageField[] {
  const steps = spec.items("steps").map((step) => imageAt(step, "image", step));
  const sidecars = spec.items("sidecars").map((sidecar) => imageAt(sidecar, "image", sidecar));
  const template = spec.at("stepTemplate");
  return [...steps, imageAt(template, "image", template), ...sidecars, imageAt(spec, "image", spec)];
}

function imageAt(reader: FieldReader, key: string, holder: FieldReader): ImageField {
  return { path: `${reader.path}.${key}`, name: holder.text("name") ?? "", image: reader.text(key) ?? "" };
}

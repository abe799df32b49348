import { readFields, type FieldReader, type ObjectNote } from "../pipelines/field-reader.ts";

/** One place of an object that names an image. */
export type ImageField = {
  /** As in an error message: `spec.containers[0].image`. */
  readonly path: string;
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
};

/** Every image that an object of a known kind names; empty for others. Never throws. */
export function imageFieldsOf(object: unknown): readonly ImageField[] {
  const notes: ObjectNote[] = [];
  const reader = readFields(object, notes);
  const kind = reader.text("kind") ?? "";
  if (kind === "Task" || kind === "StepAction") return imageFieldsOfTask(reader.at("spec"));
  if (kind === "TaskRun") return imageFieldsOfTask(reader.at("spec", "taskSpec"));
  const path = Object.hasOwn(POD_SPEC_PATHS, kind) ? POD_SPEC_PATHS[kind] : undefined;
  return path ? imageFieldsOfPodSpec(reader.at(...path)) : [];
}

/** Every image of a pod spec: all three kinds of containers, and image volumes. */
export function imageFieldsOfPodSpec(spec: FieldReader): readonly ImageField[] {
  const containers = ["initContainers", "containers", "ephemeralContainers"].flatMap((group) =>
    spec.items(group).flatMap((container) => imageAt(container, "image")),
  );
  return [...containers, ...spec.items("volumes").flatMap((volume) => imageAt(volume.at("image"), "reference"))];
}

function imageFieldsOfTask(spec: FieldReader): readonly ImageField[] {
  const steps = spec.items("steps").flatMap((step) => imageAt(step, "image"));
  const sidecars = spec.items("sidecars").flatMap((sidecar) => imageAt(sidecar, "image"));
  return [...steps, ...imageAt(spec.at("stepTemplate"), "image"), ...sidecars, ...imageAt(spec, "image")];
}

function imageAt(reader: FieldReader, key: string): readonly ImageField[] {
  const image = reader.text(key);
  return image === undefined || image === "" ? [] : [{ path: `${reader.path}.${key}`, image }];
}

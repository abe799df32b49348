import { sha256 } from "../../core/digest.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { addMs, renderRfc3339, type UnixMs } from "../../core/time.ts";
import { AUDIENCE } from "./estate.ts";
import type { PushedImage } from "./image.ts";
import type { Build } from "./story.ts";

/** A Kubernetes object as the demo's controllers write it. */
export type DemoObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: DemoMetadata;
  readonly [field: string]: unknown;
};
export type DemoMetadata = { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };

const RUN_MS = 20_000;
const NODES = ["node-a", "node-b", "node-c"];

/** A UUID that follows from a name, so that a story told again has the same objects. */
export function uidOf(...name: readonly string[]): string {
  const hex = toHex(sha256(toUtf8(name.join("/")))).slice(0, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** What one build is called in the cluster. */
export type RunNames = {
  readonly pipelineRun: string;
  readonly taskRun: string;
  readonly pod: string;
  readonly pipelineRunUid: string;
  readonly taskRunUid: string;
  readonly podUid: string;
  readonly node: string;
};

export function namesOf(build: Build): RunNames {
  const short = build.repository.replace("/", "-");
  const pipelineRun = `${short}-${build.id}`;
  const taskRun = `${pipelineRun}-sign`;
  const pod = `${taskRun}-pod`;
  const uid = (kind: string, name: string): string => uidOf(build.cluster, build.namespace, kind, name);
  return {
    pipelineRun,
    taskRun,
    pod,
    pipelineRunUid: uid("pipelineruns", pipelineRun),
    taskRunUid: uid("taskruns", taskRun),
    podUid: uid("pods", pod),
    node: NODES[build.revision.charCodeAt(0) % NODES.length] ?? "node-a",
  };
}

/** The PipelineRun of a build; with results once it is done. */
export function pipelineRunOf(build: Build, image: PushedImage | undefined, status: RunStatus): DemoObject {
  const names = namesOf(build);
  return {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: {
      name: names.pipelineRun,
      namespace: build.namespace,
      uid: names.pipelineRunUid,
      creationTimestamp: renderRfc3339(build.at),
      labels: { "tekton.dev/pipeline": "build-and-sign" },
    },
    spec: {
      pipelineRef: { name: "build-and-sign" },
      params: [{ name: "revision", value: build.revision }],
      taskRunTemplate: { serviceAccountName: build.serviceAccount },
    },
    status: {
      startTime: renderRfc3339(build.at),
      ...completion(build.at, status),
      ...(image
        ? {
            results: [
              { name: "IMAGE_URL", value: image.repository },
              { name: "IMAGE_DIGEST", value: image.digest },
            ],
          }
        : {}),
      childReferences: [
        { apiVersion: "tekton.dev/v1", kind: "TaskRun", name: names.taskRun, pipelineTaskName: "sign" },
      ],
    },
  };
}

export type RunStatus = "running" | "succeeded" | "failed";
export type DemoResult = { readonly name: string; readonly value: string };

/** The signing TaskRun of a build. */
export function taskRunOf(
  build: Build,
  image: PushedImage | undefined,
  status: RunStatus,
  results: readonly DemoResult[],
): DemoObject {
  const names = namesOf(build);
  return {
    apiVersion: "tekton.dev/v1",
    kind: "TaskRun",
    metadata: {
      name: names.taskRun,
      namespace: build.namespace,
      uid: names.taskRunUid,
      creationTimestamp: renderRfc3339(build.at),
      labels: { "tekton.dev/pipelineRun": names.pipelineRun, "tekton.dev/pipelineTask": "sign" },
      ownerReferences: [
        {
          apiVersion: "tekton.dev/v1",
          kind: "PipelineRun",
          name: names.pipelineRun,
          uid: names.pipelineRunUid,
          controller: true,
        },
      ],
    },
    spec: {
      serviceAccountName: build.serviceAccount,
      taskRef: { name: "countersign-sign" },
      params: image
        ? [
            { name: "image", value: image.repository },
            { name: "digest", value: image.digest },
          ]
        : [],
    },
    status: {
      podName: names.pod,
      startTime: renderRfc3339(build.at),
      ...completion(build.at, status),
      steps: [{ name: "sign", container: "step-sign" }],
      results,
    },
  };
}

/** The pod that signs: one step, with the projected token of Fulcio's audience. */
export function signPodOf(build: Build, status: RunStatus): DemoObject {
  const names = namesOf(build);
  const done = status === "running" ? undefined : renderRfc3339(addMs(build.at, RUN_MS));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: names.pod,
      namespace: build.namespace,
      uid: names.podUid,
      creationTimestamp: renderRfc3339(build.at),
      labels: { "tekton.dev/taskRun": names.taskRun },
      ownerReferences: [
        { apiVersion: "tekton.dev/v1", kind: "TaskRun", name: names.taskRun, uid: names.taskRunUid, controller: true },
      ],
    },
    spec: {
      serviceAccountName: build.serviceAccount,
      nodeName: names.node,
      containers: [{ name: "step-sign", image: SIGN_STEP_IMAGE }],
      volumes: [
        {
          name: "sigstore-token",
          projected: {
            sources: [{ serviceAccountToken: { audience: AUDIENCE, expirationSeconds: 600, path: "oidc-token" } }],
          },
        },
      ],
    },
    status: {
      phase: done ? "Succeeded" : "Running",
      startTime: renderRfc3339(build.at),
      containerStatuses: [
        {
          name: "step-sign",
          image: SIGN_STEP_IMAGE,
          imageID: SIGN_STEP_IMAGE,
          state: done
            ? { terminated: { startedAt: renderRfc3339(build.at), finishedAt: done, exitCode: 0 } }
            : { running: { startedAt: renderRfc3339(build.at) } },
        },
      ],
    },
  };
}

/** The image of the signing step itself, pinned. It is not in the demo's registry: nothing here runs containers. */
const SIGN_STEP_IMAGE = `registry.example/countersign/sign-step@sha256:${toHex(sha256(toUtf8("sign-step")))}`;

/** A Deployment, its ReplicaSet and its Pod, running an image since `at`. */
export function workloadOf(
  place: { readonly cluster: string; readonly namespace: string },
  image: PushedImage,
  at: UnixMs,
): { readonly deployment: DemoObject; readonly replicaSet: DemoObject; readonly pod: DemoObject } {
  const name = image.repository.slice(image.repository.lastIndexOf("/") + 1);
  const revision = image.digest.slice(7, 15);
  const started = renderRfc3339(at);
  const reference = `${image.repository}@${image.digest}`;
  const uid = (kind: string, object: string): string => uidOf(place.cluster, place.namespace, kind, object);
  const meta = (kind: string, object: string, owner?: readonly [string, string, string]): DemoMetadata => ({
    name: object,
    namespace: place.namespace,
    uid: uid(kind, object),
    creationTimestamp: started,
    labels: { app: name },
    ...(owner
      ? {
          ownerReferences: [{ apiVersion: "apps/v1", kind: owner[0], name: owner[1], uid: owner[2], controller: true }],
        }
      : {}),
  });
  const template = { spec: { containers: [{ name: "main", image: reference }] } };
  const replicaSetName = `${name}-${revision}`;
  const podName = `${replicaSetName}-${uid("pods", replicaSetName).slice(0, 5)}`;
  return {
    deployment: { apiVersion: "apps/v1", kind: "Deployment", metadata: meta("deployments", name), spec: { template } },
    replicaSet: {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: meta("replicasets", replicaSetName, ["Deployment", name, uid("deployments", name)]),
      spec: { template },
    },
    pod: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: meta("pods", podName, ["ReplicaSet", replicaSetName, uid("replicasets", replicaSetName)]),
      spec: { ...template.spec, serviceAccountName: "default", nodeName: "node-a" },
      status: {
        phase: "Running",
        startTime: started,
        containerStatuses: [
          {
            name: "main",
            image: reference,
            imageID: reference,
            restartCount: 0,
            state: { running: { startedAt: started } },
          },
        ],
      },
    },
  };
}

function completion(at: UnixMs, status: RunStatus): object {
  if (status === "running") return { conditions: [{ type: "Succeeded", status: "Unknown", reason: "Running" }] };
  const ok = status === "succeeded";
  return {
    completionTime: renderRfc3339(addMs(at, RUN_MS)),
    conditions: [{ type: "Succeeded", status: ok ? "True" : "False", reason: ok ? "Succeeded" : "Failed" }],
  };
}

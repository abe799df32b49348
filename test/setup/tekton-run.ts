/** A PipelineRun that has built an image and is about to sign it, as Tekton's controller leaves its objects. */
export const RUN = {
  namespace: "payments",
  pipelineRun: { name: "payments-7", uid: "11111111-1111-4111-8111-111111111111" },
  build: "payments-7-build",
  sign: "payments-7-sign",
  /** The pod that the tokens of `BUILDER` are bound to. */
  pod: "sign-pod",
} as const;

// oxlint-disable-next-line typescript/no-explicit-any -- objects of others, changed by tests as they like
type Objects = { readonly pipelineRun: any; readonly build: any; readonly sign: any };

const owned = (name: string, uid: string, pipelineTask: string) => ({
  name,
  uid,
  namespace: RUN.namespace,
  labels: { "tekton.dev/pipelineTask": pipelineTask },
  ownerReferences: [{ kind: "PipelineRun", ...RUN.pipelineRun, controller: true }],
});

/** The objects, which a test may change before it gives them to somebody. */
export function tektonRun(digest: string): Objects {
  const done = [{ type: "Succeeded", status: "True" }];
  const refSource = { uri: "registry.example/tasks/buildah", digest: { sha256: "3".repeat(64) } };
  return {
    pipelineRun: {
      apiVersion: "tekton.dev/v1",
      kind: "PipelineRun",
      metadata: { ...RUN.pipelineRun, namespace: RUN.namespace },
      spec: { pipelineRef: { name: "payments" }, params: [{ name: "revision", value: "a".repeat(40) }] },
      status: {
        startTime: "2026-11-22T11:58:00Z",
        childReferences: [RUN.build, RUN.sign].map((name) => ({ kind: "TaskRun", name })),
      },
    },
    build: {
      apiVersion: "tekton.dev/v1",
      kind: "TaskRun",
      metadata: owned(RUN.build, "22222222-2222-4222-8222-222222222222", "build"),
      spec: { serviceAccountName: "pipeline" },
      status: {
        conditions: done,
        podName: "build-pod",
        results: [{ name: "IMAGE_DIGEST", type: "string", value: `${digest}\n` }],
        steps: [{ name: "push", imageID: `docker-pullable://registry.example/buildah@sha256:${"4".repeat(64)}` }],
        provenance: { refSource },
      },
    },
    sign: {
      apiVersion: "tekton.dev/v1",
      kind: "TaskRun",
      metadata: owned(RUN.sign, "33333333-3333-4333-8333-333333333333", "sign"),
      spec: { serviceAccountName: "builder" },
      status: { podName: RUN.pod, conditions: [{ type: "Succeeded", status: "Unknown" }] },
    },
  };
}

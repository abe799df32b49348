/** A pipeline that builds an image and signs it in a task of its own, as plain objects that a test changes. */
export const DIGEST = (digit: string) => `@sha256:${digit.repeat(64)}`;
export const BUILD = {
  apiVersion: "tekton.dev/v1",
  kind: "Task",
  metadata: { name: "build" },
  spec: {
    params: [{ name: "IMAGE" }],
    results: [{ name: "IMAGE_URL" }, { name: "IMAGE_DIGEST" }],
    steps: [
      {
        name: "build",
        image: `quay.io/buildah/stable${DIGEST("1")}`,
        script:
          "buildah push --digestfile $(results.IMAGE_DIGEST.path) $(params.IMAGE) && printf %s $(params.IMAGE) > $(results.IMAGE_URL.path)",
      },
    ],
  },
};
export const SIGN = {
  apiVersion: "tekton.dev/v1",
  kind: "Task",
  metadata: { name: "sign" },
  spec: {
    params: [{ name: "URL" }, { name: "DIGEST" }],
    volumes: [
      {
        name: "sigstore",
        projected: {
          sources: [{ serviceAccountToken: { path: "token", expirationSeconds: 600, audience: "sigstore" } }],
        },
      },
    ],
    steps: [
      {
        name: "sign",
        image: `r.example/sign${DIGEST("1")}`,
        script: "cosign sign $(params.URL)@$(params.DIGEST)",
        volumeMounts: [{ name: "sigstore", mountPath: "/var/run/sigstore/cosign" }],
      },
    ],
  },
};
export const PIPELINE = {
  apiVersion: "tekton.dev/v1",
  kind: "Pipeline",
  metadata: { name: "release" },
  spec: {
    params: [{ name: "rev" }],
    tasks: [
      { name: "build", taskRef: { name: "build" }, params: [{ name: "IMAGE", value: "r.example/app:$(params.rev)" }] },
      {
        name: "sign",
        taskRef: { name: "sign" },
        params: [
          { name: "URL", value: "$(tasks.build.results.IMAGE_URL)" },
          { name: "DIGEST", value: "$(tasks.build.results.IMAGE_DIGEST)" },
        ],
      },
    ],
  },
};
export const RUN = {
  apiVersion: "tekton.dev/v1",
  kind: "PipelineRun",
  metadata: { generateName: "release-", namespace: "ci" },
  spec: {
    pipelineRef: { name: "release" },
    params: [{ name: "rev", value: "main" }],
    taskRunTemplate: { serviceAccountName: "default" },
    taskRunSpecs: [{ pipelineTaskName: "sign", serviceAccountName: "builder" }],
  },
};
export const CHAINS = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "chains-config", namespace: "tekton-chains" },
  data: { "artifacts.oci.storage": "oci,docdb", "transparency.enabled": "true", "signers.x509.fulcio.enabled": "true" },
};
export const TREE = [BUILD, SIGN, PIPELINE, RUN];
export const textOf = (documents: readonly unknown[]): string =>
  documents.map((one) => JSON.stringify(one, null, 1)).join("\n---\n");

/** Definitions that let the attacks of the pipelines chapter §11 happen, by their number. */
const SHA = "0".repeat(64);
const SIGNED_BY_STEP = `
apiVersion: tekton.dev/v1
kind: Task
metadata: { name: countersign-sign }
spec: { steps: [{ name: sign, image: "registry.example/countersign/sign-step@sha256:${SHA}", command: [/app/countersign-sign] }] }
`;
const TOKEN = `{ name: token, projected: { sources: [{ serviceAccountToken: { audience: sigstore, expirationSeconds: 600, path: oidc-token } }] } }`;

export const DEFINITIONS: Readonly<Record<number, string>> = {
  1: `
apiVersion: tekton.dev/v1
kind: Task
metadata: { name: build }
spec:
  workspaces: [{ name: source }]
  steps:
    - { name: build, image: "registry.example/build:1", script: make, volumeMounts: [{ name: token, mountPath: /token }] }
    - { name: sign, image: "registry.example/cosign:1", script: 'cosign sign --yes "$REF"' }
  volumes: [${TOKEN}]
`,
  2: `
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: { name: build }
spec:
  tasks:
    - name: build
      taskRef: { name: buildah }
    - name: sign
      when: [{ input: $(params.sign), operator: in, values: ["true"] }]
      taskRef: { name: countersign-sign }
      params: [{ name: digest, value: $(tasks.build.results.IMAGE_DIGEST) }]
`,
  3: `${SIGNED_BY_STEP}---
apiVersion: pipelinesascode.tekton.dev/v1alpha1
kind: Repository
metadata: { name: payments }
spec: { url: "https://example.org/payments" }
---
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: { generateName: pr-, annotations: { pipelinesascode.tekton.dev/on-event: "[pull_request]" } }
spec: { pipelineSpec: { tasks: [{ name: sign, taskRef: { name: countersign-sign } }] } }
`,
  4: `
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: { generateName: build- }
spec:
  taskRunTemplate: { podTemplate: { env: [{ name: NODE_OPTIONS, value: "--require=/workspace/x.js" }] } }
  pipelineSpec: { tasks: [{ name: sign, taskRef: { name: countersign-sign } }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: config-defaults }
data: { default-timeout-minutes: "60" }
`,
  5: `${SIGNED_BY_STEP}---
apiVersion: tekton.dev/v1
kind: TaskRun
metadata: { generateName: sign-, namespace: payments }
spec: { serviceAccountName: signer, taskRef: { name: countersign-sign } }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: developers, namespace: payments }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit }
subjects: [{ kind: Group, name: developers }]
`,
  6: `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: developer, namespace: payments }
rules: [{ apiGroups: [""], resources: [serviceaccounts/token], verbs: [create] }]
`,
  7: `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: developer, namespace: payments }
rules: [{ apiGroups: [""], resources: [pods/exec, pods/ephemeralcontainers], verbs: [create, patch] }]
`,
  9: `
apiVersion: rhtas.redhat.com/v1
kind: Securesign
metadata: { name: a }
spec:
  fulcio:
    config:
      oidcIssuers:
        - { issuer: "https://kubernetes.default.svc", issuerURL: "https://kubernetes.default.svc", clientID: sigstore, type: kubernetes }
        - { issuer: "https://kubernetes.default.svc", issuerURL: "https://kubernetes.default.svc", clientID: sigstore, type: kubernetes }
`,
  10: `
apiVersion: tekton.dev/v1
kind: Task
metadata: { name: sign }
spec:
  params: [{ name: image }]
  steps: [{ name: sign, image: "registry.example/cosign:1", script: cosign sign --yes $(params.image) }]
`,
  11: `
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: { name: build }
spec:
  tasks:
    - name: build
      taskSpec:
        params: [{ name: digest }]
        results: [{ name: IMAGE_DIGEST }]
        steps:
          - name: build
            image: registry.example/build:1
            env: [{ name: DIGEST, value: $(params.digest) }]
            script: |
              printf %s "$DIGEST" > $(results.IMAGE_DIGEST.path)
    - name: sign
      taskRef: { name: countersign-sign }
      params: [{ name: digest, value: $(tasks.build.results.IMAGE_DIGEST) }]
---
apiVersion: tekton.dev/v1
kind: Task
metadata: { name: countersign-sign }
spec:
  params: [{ name: image }, { name: digest }]
  steps:
    - name: sign
      image: registry.example/countersign/sign-step:1
      command: [/app/countersign-sign]
      args: ["--image=$(params.image)", "--digest=$(params.digest)"]
`,
  12: `
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: { generateName: build-, annotations: { chains.tekton.dev/signed: "true" } }
spec: { managedBy: example.com/other, pipelineRef: { name: build } }
`,
  13: `
apiVersion: v1
kind: ConfigMap
metadata: { name: chains-config }
data: { transparency.enabled: manual, artifacts.oci.storage: "" }
`,
  15: `
apiVersion: tekton.dev/v1
kind: TaskRun
metadata: { generateName: a- }
spec: { taskRef: { resolver: bundles, params: [{ name: bundle, value: "registry.example/tasks/build:0.1" }, { name: name, value: build }] } }
---
apiVersion: tekton.dev/v1
kind: TaskRun
metadata: { generateName: b- }
spec: { taskRef: { resolver: git, params: [{ name: url, value: "https://example.org/tasks.git" }, { name: revision, value: main }] } }
`,
  18: `
meta-issuers:
  https://oidc.eks.*.amazonaws.com/id/*:
    client-id: sigstore
    type: kubernetes
`,
  19: `
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: { generateName: pr-, annotations: { pipelinesascode.tekton.dev/on-event: "[pull_request]" } }
spec:
  params: [{ name: branch, value: "{{ source_branch }}" }]
  pipelineSpec:
    params: [{ name: branch }]
    tasks:
      - name: build
        params: [{ name: branch, value: $(params.branch) }]
        taskSpec:
          params: [{ name: branch }]
          steps:
            - name: build
              image: registry.example/build:1
              script: |
                git checkout $(params.branch)
                echo {{ source_branch }}
`,
};

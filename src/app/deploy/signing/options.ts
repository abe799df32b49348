/** What an installation decides about its signing step. Everything that is rendered is a pure function of it. */
export type SigningOptions = {
  /** The sign step's image, `repository@sha256:…`. */
  readonly image: string;
  /** The bundle that holds the Task, `repository@sha256:…`; the only place from which it may come. */
  readonly taskBundle: string;
  /** Where images are signed. */
  readonly namespaces: readonly [string, ...string[]];
  readonly serviceAccount: string;
  /** The audience of Fulcio, which no other service has. */
  readonly audience: string;
  /** What may be signed: repositories, each with all below it. */
  readonly repositories: readonly [string, ...string[]];
  /** JSON: the trusted root, and the signing config, or a ClientTrustConfig alone. */
  readonly trustedRoot: string;
  readonly signingConfig?: string;
  /** PEM: the only anchors of Fulcio, log and TSA, where they are not public ones. */
  readonly caCertificates?: string;
  readonly layout: "referrer" | "legacy";
  /** The Secret of type `kubernetes.io/dockerconfigjson` that the step alone mounts. */
  readonly registrySecret: string;
  /** The service account that makes the pods of TaskRuns. */
  readonly tektonController: string;
  /** Groups that may open a session in a pod of these namespaces. */
  readonly sessionGroups: readonly string[];
  /** Present: the step attests how the image was built, and may therefore read runs in its namespace. */
  readonly provenance?: {
    /** A URI that stands for the pipelines of this cluster; verifiers are told of it. */
    readonly builderId: string;
    /** What the API server takes tokens for, of which Fulcio's is none. */
    readonly apiAudience: string;
  };
};

/** Which objects: those that go into the bundle, those of each namespace, those of the cluster. */
export const PARTS = ["task", "namespace", "admission"] as const;
export type Part = (typeof PARTS)[number];

export const TASK_NAME = "countersign-sign";
export const PLACEMENT_CONFIG_MAP = "countersign-placement";

/** What Tekton's controller is called by the API server: as upstream installs it, and as OpenShift Pipelines does. */
export const TEKTON_CONTROLLERS = {
  kubernetes: "system:serviceaccount:tekton-pipelines:tekton-pipelines-controller",
  openshift: "system:serviceaccount:openshift-pipelines:tekton-pipelines-controller",
} as const;

/**
 * Words that stand in what decides about trust or signing, and in little else. A file without any of them, and without
 * escapes that could spell them, says nothing that the gate would judge.
 */
const WORDS: readonly string[] = [
  "policy.sigstore.dev",
  "policies.kyverno.io",
  "verifyImages",
  "PolicyException",
  "config-policy-controller",
  "ImagePolicy",
  "registries.d",
  "trustPolicies",
  "insecureAcceptAnything",
  "signedBy",
  "sigstoreSigned",
  "countersign.dev/",
  "admissionregistration.k8s.io",
  "tekton.dev",
  "chains-config",
  "fulcio-config",
  "oidc-issuers",
  "ClusterSPIFFEID",
  "serviceaccounts/token",
];

/** A policy of container tools that only refuses has no other word of its own. */
const REFUSING = /["']?type["']?\s*:\s*["']?reject\b/;

/** Whether a text has one of the words, or an escape of YAML or JSON behind which one could stand. */
export function looksLikePolicy(text: string): boolean {
  return WORDS.some((word) => text.includes(word)) || REFUSING.test(text) || /\\[xuU]/.test(text);
}

/** Whether a text is a template that a tool fills: Helm's, Go's or Jinja's. */
export function looksLikeTemplate(text: string): boolean {
  return /\{\{|\{%/.test(text);
}

const LFS_POINTER = "version https://git-lfs.github.com/spec/v1\n";

/** Whether a content only says where the content is (Git LFS, specification v1). */
export function isLfsPointer(text: string): boolean {
  return text.startsWith(LFS_POINTER);
}

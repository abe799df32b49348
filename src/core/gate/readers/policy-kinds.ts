import { nodeAt } from "../../pipelines/definitions/source-node.ts";
import type { GateDocument } from "./field.ts";
import { headOf } from "./object.ts";

/** Kinds by which a verifier decides whom it trusts, by group; in Kyverno's, the rules decide whether it is about images. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  "policy.sigstore.dev": ["ClusterImagePolicy", "TrustRoot"],
  "policies.kyverno.io": ["ImageValidatingPolicy", "NamespacedImageValidatingPolicy", "PolicyException"],
  "kyverno.io": ["PolicyException", "ClusterPolicyException"],
  "config.openshift.io": ["ClusterImagePolicy", "ImagePolicy"],
  "countersign.dev": ["TrustPolicy", "TrustException"],
};

/** Whether a document is a policy by its kind, whoever reads it. */
export function isPolicyKind(document: GateDocument): boolean {
  const { group, kind } = headOf(document);
  if (KINDS[group]?.includes(kind) === true) return true;
  const { root } = document;
  if (group === "kyverno.io") {
    const rules = nodeAt(root, "spec", "rules");
    return rules?.kind === "list" && rules.items.some((rule) => nodeAt(rule, "verifyImages") !== undefined);
  }
  // Files of container tools and of Notation have no kind: they are known by their members.
  return kind === "" && ["trustPolicies", "transports"].some((member) => nodeAt(root, member) !== undefined);
}

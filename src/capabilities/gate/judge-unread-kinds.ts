import { sameBytes } from "../../core/bytes/bytes.ts";
import { toFinding, type GateFinding } from "../../core/gate/finding.ts";
import type { GateDocument } from "../../core/gate/readers/field.ts";
import { headOf } from "../../core/gate/readers/object.ts";
import { GATE_READERS } from "../../core/gate/readers/readers.ts";
import { documentsOf } from "../../core/gate/readers/tree.ts";
import { nodeAt, placeOf } from "../../core/pipelines/definitions/source-node.ts";
import type { GatheredChange } from "./gather-change.ts";
import type { GateSide } from "./gather-side.ts";

/**
 * Policies of kinds that no reader has, where the change touches their files: what they accept is not known, and that it is
 * the same must not be concluded.
 */
export function judgeUnreadKinds({ base, head }: GatheredChange): readonly GateFinding[] {
  return [...unreadOf("base", base, head), ...unreadOf("head", head, base)];
}

function unreadOf(revision: "base" | "head", side: GateSide, other: GateSide): readonly GateFinding[] {
  const changed = side.manifests.filter(({ path }) => !isSame(side.contents.get(path), other.contents.get(path)));
  return documentsOf({ files: changed, blobs: new Map() })
    .filter((document) => isPolicy(document) && !GATE_READERS.some((reader) => reader.claims(document)))
    .map((document) => tell(revision, document));
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && sameBytes(a, b);
}

function tell(revision: "base" | "head", document: GateDocument): GateFinding {
  const { kind, name } = headOf(document);
  const reason = `${kind || "a policy"} ${name} is of a kind that the gate does not read`;
  return toFinding({
    code: "GP021",
    level: "undecided",
    verdict: "UNDECIDED",
    system: "gate",
    message: reason,
    where: { revision, file: document.file, line: placeOf(document.root).line, pointer: document.pointer },
    open: { reason, decide: "somebody who knows the engine, who reads the change" },
  });
}

/** Kinds by which a verifier decides whom it trusts, by group; in Kyverno's, the rules decide whether it is about images. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  "policy.sigstore.dev": ["ClusterImagePolicy", "TrustRoot"],
  "policies.kyverno.io": ["ImageValidatingPolicy", "NamespacedImageValidatingPolicy", "PolicyException"],
  "kyverno.io": ["PolicyException", "ClusterPolicyException"],
  "config.openshift.io": ["ClusterImagePolicy", "ImagePolicy"],
  "countersign.dev": ["TrustPolicy", "TrustException"],
};

function isPolicy(document: GateDocument): boolean {
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

import { pathOf, placeOf, type SourceNode, type SourcePlace } from "../../pipelines/definitions/source-node.ts";

/** The ways to a token for Fulcio (pipelines chapter §5). */
export type GrantVia = "G1" | "G2" | "G3" | "G4" | "G5" | "G6" | "G7" | "G8" | "G9";

/**
 * What follows from a grant. `safe`: a pod of one container that runs what its author wrote, as an account of its own.
 * `weak`: safe, but the account or the namespace is open to others. `unsafe`: somebody else's words run there, or reach
 * it. `unknown`: what decides is not in the files.
 */
export type GrantVerdict = "safe" | "weak" | "unsafe" | "unknown";

/** One holder that can obtain the audience. */
export type Grant = {
  /** `Task build, step make`; `Group developers`. */
  readonly holder: string;
  readonly namespace: string;
  /** The account whose token it is; `*` for every account of the namespace. */
  readonly serviceAccount: string;
  readonly via: GrantVia;
  /** Why, in words. */
  readonly why: string;
  readonly verdict: GrantVerdict;
  readonly evidence: SourcePlace & { readonly path: string };
};

export function grantAt(node: SourceNode, grant: Omit<Grant, "evidence">): Grant {
  return { ...grant, evidence: { ...placeOf(node), path: pathOf(node) } };
}

import type { Reference, Step, TaskUnit, TokenSource, Volume } from "../pipelines/definitions/definition.ts";
import { textAt } from "../pipelines/definitions/source-node.ts";
import { operandsOf, type CallWord, type ToolCall } from "./calls.ts";

/** Why a step counts as one that signs (pipelines chapter §6). */
export type SigningWay = "countersign" | "cosign" | "notation" | "gitsign" | "token" | "spiffe";

const COSIGN_VERBS = new Set(["sign", "attest", "sign-blob", "attest-blob"]);

/** The way in which one program call signs. */
export function signingWayOf(call: ToolCall): SigningWay | undefined {
  const verb = operandsOf(call)[0]?.value ?? "";
  switch (call.tool) {
    case "cosign":
      return COSIGN_VERBS.has(verb) ? "cosign" : undefined;
    case "notation":
      return verb === "sign" ? "notation" : undefined;
    case "countersign":
      return verb === "sign" ? "countersign" : undefined;
    case "countersign-sign":
      return "countersign";
    case "gitsign":
      return "gitsign";
    default:
      return undefined;
  }
}

/** The references that a signing call is given: what it signs. */
export function subjectsOf(call: ToolCall): readonly CallWord[] {
  const [, ...operands] = operandsOf(call);
  // The second word of `countersign sign image` says what kind of thing follows.
  return call.tool === "countersign" ? operands.slice(1) : operands;
}

/** The tokens for Fulcio that a step can read, by the volumes of its Task. */
export function tokensOf(step: Step, task: TaskUnit, audiences: readonly string[]): readonly TokenSource[] {
  const mounted = new Set(step.mounts.map(({ name }) => name));
  return task.volumes
    .filter(({ name }) => mounted.has(name))
    .flatMap(({ tokens }) => tokens)
    .filter((token) => isForFulcio(token, audiences));
}

/** An audience that is not a literal counts as every audience. */
export function isForFulcio({ audience }: TokenSource, audiences: readonly string[]): boolean {
  return audience !== undefined && (audiences.includes(audience.text) || /\$\(|\{\{/.test(audience.text));
}

/** A volume through which a container may ask for a token of any audience. */
export function isSpiffeVolume({ node }: Volume): boolean {
  const path = textAt(node, "hostPath", "path") ?? "";
  return textAt(node, "csi", "driver") === "csi.spiffe.io" || /spire|spiffe/.test(path);
}

/** Names of Tasks that sign, for references that lead out of the set. */
const SIGNING_NAME = /(?:^|[-_/])(?:co)?sign(?:$|[-_])|^countersign|notation-sign/;

export function isSigningReference({ name }: Reference): boolean {
  return name !== undefined && SIGNING_NAME.test(name);
}

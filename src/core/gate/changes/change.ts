import type { JsonObject } from "../../json/json.ts";
import { placeOf, pointerOf, type SourceNode } from "../../pipelines/definitions/source-node.ts";
import type { NonEmpty } from "../../verdict.ts";
import type { GateCode } from "../codes.ts";
import type { FactSignature, FactStrength, SigningFact } from "../facts/fact.ts";
import type { RevisionFacts } from "../facts/facts.ts";
import type { GateOpen, GateWhere } from "../finding.ts";
import type { GateLevel, GateVerdict } from "../verdict.ts";

/** What the base says is acceptable in pipelines. */
export type PipelineGateConfig = {
  /** Destinations of which every artifact must be signed; dialect `pc`. */
  readonly mustSign: readonly string[];
  /** Images that may sign, by digest. */
  readonly signerImages: readonly string[];
  /** Longest life of a signing token that is not asked about, in seconds. */
  readonly tokenSecondsMax: number;
  /** What was unsigned before counts as well. */
  readonly strict: boolean;
};

/** What is known of who may sign; `undefined` when the base has no register. */
export type ManagedAccounts = { readonly isManaged: (identity: string) => boolean } | undefined;

/** One fact on both sides. */
export type FactPair = {
  readonly before: SigningFact | undefined;
  readonly after: SigningFact | undefined;
  /** Of what is gone: the fact of the head that still makes the artifact. */
  readonly made?: SigningFact;
  /** Of what is gone: what may make it out of sight. */
  readonly hidden?: SourceNode;
  /** `gone`: still made, no longer signed in this way; `retired`: no longer made; `new`: was not there before. */
  readonly fate: "kept" | "gone" | "retired" | "new";
  /** Strength of the head, what may sign there and did not before left out. */
  readonly strength: FactStrength;
};

/** Both sides of a change, fact by fact. */
export type PipelineChange = {
  readonly before: RevisionFacts;
  readonly after: RevisionFacts;
  readonly pairs: readonly FactPair[];
  readonly config: PipelineGateConfig;
  readonly accounts: ManagedAccounts;
  /** The entry of the head that an entry of the base has become. */
  readonly entryAfter: (id: string) => string | undefined;
};

/** What a rule finds. */
export type Raised = {
  /** The fact that it is about; without one it is a finding of its own. */
  readonly pair?: FactPair;
  readonly level: Extract<GateLevel, "error" | "undecided" | "warning" | "note">;
  readonly verdict?: GateVerdict;
  /** What is true, without the fact's name: `the log is left out by --tlog-upload=false`. */
  readonly says: string;
  readonly witness: JsonObject;
  readonly where: GateWhere;
  readonly open?: GateOpen;
};

/** A rule of the ratchet or the floor: sees both sides, and answers with what got worse. Pure, total, never throws. */
export type ChangeRule = {
  /** The name of its folder and page. */
  readonly id: string;
  readonly code: GateCode;
  readonly source: NonEmpty<string>;
  readonly check: (change: PipelineChange) => readonly Raised[];
};

export function whereOf(revision: GateWhere["revision"], node: SourceNode): GateWhere {
  const { file, line } = placeOf(node);
  return { revision, file, line, pointer: pointerOf(node) };
}

/** A definite loosening. */
export function loosened(said: Omit<Raised, "level" | "verdict">): Raised {
  return { ...said, level: "error", verdict: "LOOSENED" };
}

/** Something that what was read does not decide. */
export function undecided(said: Omit<Raised, "level" | "verdict" | "open"> & { readonly open: GateOpen }): Raised {
  return { ...said, level: "undecided", verdict: "UNDECIDED" };
}

/** A pair with a signature on either side. */
export type SignedPair = {
  readonly pair: FactPair;
  readonly before: FactSignature;
  readonly after: FactSignature;
};

/** Pairs that were signed and still are, each with the best signature of the head and the one of the base that it stands for. */
export function signedPairs({ pairs }: PipelineChange): readonly SignedPair[] {
  return pairs.flatMap((pair) => {
    const [after] = pair.after?.signatures ?? [];
    const own = pair.before?.signatures ?? [];
    const before = own.find((one) => isChains(one) === (after !== undefined && isChains(after))) ?? own[0];
    return before && after && pair.fate === "kept" && isSigning(before) && isSigning(after)
      ? [{ pair, before, after }]
      : [];
  });
}

function isChains({ mechanism }: FactSignature): boolean {
  return mechanism === "chains";
}

function isSigning({ mechanism, strength }: FactSignature): boolean {
  return mechanism !== "opaque" && strength !== "none";
}

import type { Reference } from "../../pipelines/definitions/definition.ts";
import type { SourceNode } from "../../pipelines/definitions/source-node.ts";
import type { SigningWay } from "../../lint/signing.ts";

/** What kind of thing is signed about an artifact (change-gate chapter §5). */
export type FactFamily = "image" | "sbom" | "provenance" | "attestation" | "file";

/**
 * How surely an artifact that is made is signed. `advisory`: signing may fail unseen; `conditional`: it may be left out;
 * `unknown`: what signs is not in sight; `none`: nothing signs it.
 */
export type FactStrength = "none" | "unknown" | "advisory" | "conditional" | "guaranteed";

/**
 * How far signing is kept from other people's code. `separate`: a pod of its own, with no writable workspace of theirs;
 * `sameTask`: a step of its own; `exposed`: their steps see the token.
 */
export type FactIsolation = "separate" | "sameTask" | "exposed";

/** The parts of a signature's strength that a change of one place can lower, with that place. */
export type Lowered = {
  readonly by: "when" | "on-error" | "script" | "matrix" | "skipped-source";
  readonly strength: FactStrength;
  readonly why: string;
  readonly node: SourceNode;
  /** Parameters that decide it, with whether their value is open to callers. */
  readonly params: readonly GuardParam[];
};
export type GuardParam = { readonly name: string; readonly value: string | undefined; readonly from: ParamSource };
/** Who says what a parameter is. `run`: a literal of the entry; `default`: anybody may say otherwise; `event`: a trigger. */
export type ParamSource = "run" | "default" | "event" | "caller";

/** The token that a signing Task is given. */
export type FactToken = {
  readonly node: SourceNode;
  /** Empty: the default, which is the API server's own. */
  readonly audience: string;
  /** Seconds; 3600 when the volume does not say. */
  readonly lifetimeSeconds: number;
  /** Steps that mount it, by name. */
  readonly holders: readonly string[];
  /** Steps that take it elsewhere: whose environment or folder leads to it, or that copy it, by name. */
  readonly copies: readonly string[];
};

/** One way in which an artifact of an entry gets signed. */
export type FactSignature = {
  readonly mechanism: SigningWay | "chains" | "opaque";
  readonly strength: FactStrength;
  readonly lowered: readonly Lowered[];
  readonly isolation: FactIsolation;
  /** Why it is not separate. */
  readonly exposure: string;
  /** Whoever signs: `namespace/account`, `chains`, or what cannot be seen. */
  readonly identity: string;
  /** What is signed, parameters of the run left as written. */
  readonly subject: string;
  /** By what the subject names its content. `produced`: the digest that the build put out. */
  readonly binding: "produced" | "literal" | "given" | "tag" | "none";
  /** Image of the signing step; `undefined` when not in sight. */
  readonly image: string | undefined;
  /** Options that take something away from the signature, as written. */
  readonly weakenings: readonly string[];
  readonly hasTimestamp: boolean;
  readonly tokens: readonly FactToken[];
  /** Tasks that must have succeeded before, with what they are. */
  readonly guards: readonly FactGuard[];
  /** References on the way to it that lead out of the tree, or are resolved by content that was given. */
  readonly references: readonly FactReference[];
  readonly node: SourceNode;
};

export type FactGuard = { readonly task: string; readonly content: string; readonly isSure: boolean };

/** A reference of the signing path. */
export type FactReference = {
  readonly role: string;
  readonly reference: Reference;
  /** `registry/tasks/sign:1`, `repo#revision:path`: the whole of what it says. */
  readonly text: string;
  /** Whether the text fixes the content: a digest, or a commit. */
  readonly isPinned: boolean;
  readonly isResolved: boolean;
};

/** What one entry does to one artifact. */
export type SigningFact = {
  readonly entry: string;
  /** Where it goes, without tag and digest; `param:NAME` where a parameter says it all. */
  readonly artifact: string;
  readonly family: FactFamily;
  /** Best first. */
  readonly signatures: readonly FactSignature[];
  readonly strength: FactStrength;
  /** The task that makes it; absent when this entry only signs. */
  readonly producer: FactProducer | undefined;
  readonly node: SourceNode;
};
export type FactProducer = {
  readonly task: string;
  readonly node: SourceNode;
  readonly by: "push" | "hint" | "opaque";
};

/** Something that an entry verifies before it goes on. */
export type VerifyingFact = {
  readonly entry: string;
  /** `cosign verify`, `notation verify`. */
  readonly check: string;
  readonly subject: string;
  readonly strength: FactStrength;
  readonly why: string;
  readonly node: SourceNode;
};

const STRENGTHS: readonly FactStrength[] = ["none", "unknown", "advisory", "conditional", "guaranteed"];
const ISOLATIONS: readonly FactIsolation[] = ["exposed", "sameTask", "separate"];

export function rankOfStrength(strength: FactStrength): number {
  return STRENGTHS.indexOf(strength);
}

export function rankOfIsolation(isolation: FactIsolation): number {
  return ISOLATIONS.indexOf(isolation);
}

export function weakestOf(strengths: readonly FactStrength[]): FactStrength {
  return strengths.reduce((a, b) => (rankOfStrength(a) <= rankOfStrength(b) ? a : b), "guaranteed");
}

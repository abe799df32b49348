import type { DigestRef } from "../../digest.ts";
import type { Identity } from "../../identity/identity.ts";
import type { JsonValue } from "../../json/json.ts";
import type { UnixMs } from "../../time.ts";
import type { Verdict } from "../../verdict.ts";

/**
 * What was gathered about one image, before anything is decided by the policy. Signatures have been put to the verifier,
 * once for each authority that could mean them; stored, this reproduces the verdict.
 */
export type ImageEvidence = {
  /** What the reference names: a manifest or an index. */
  readonly subject: ArtifactEvidence;
  /** The platforms of the index, or the one platform of a manifest; only where a term asks for them. */
  readonly platforms: readonly PlatformEvidence[];
  /** Why the platforms are not known. */
  readonly platformsGap?: EvidenceGap;
  /** A signed index that lists the subject, found by the tag of the reference. */
  readonly signedParent?: DigestRef;
};

export type PlatformEvidence = {
  /** `os/arch[/variant]`. */
  readonly platform: string;
  readonly artifact: ArtifactEvidence;
};

export type ArtifactEvidence = {
  readonly digest: DigestRef;
  readonly candidates: readonly Candidate[];
  /** What should be there and could not be had. */
  readonly gaps: readonly EvidenceGap[];
};

/** One thing that could not be looked at; `source` when only that kind of evidence is concerned. */
export type EvidenceGap = {
  /** Of class environment or registry: `registry-unreachable`, `too-many-candidates`. */
  readonly code: string;
  readonly detail: string;
  readonly source?: Candidate["source"];
};

/** A signature or attestation beside an artifact. */
export type Candidate = {
  readonly source: "bundle" | "legacy" | "notation";
  /** Of the manifest or bundle that holds it. */
  readonly digest: DigestRef;
  readonly says: Saying;
  /** What the verifier said of it as a signature of each authority; none for authorities that it cannot be of. */
  readonly byAuthority: Readonly<Record<string, SignerJudgement>>;
};

export type Saying =
  /** That the image is signed. `reference` is the name that the payload carries, where it carries one. */
  | { readonly kind: "signature"; readonly reference?: string }
  /** `statement` is the whole statement as JSON; conditions point into it. */
  | { readonly kind: "attestation"; readonly predicateType: string; readonly statement: JsonValue }
  | { readonly kind: "unreadable"; readonly code: string; readonly detail: string };

/**
 * The verifier's word: a pass says that this is a good signature over the artifact under the authority's root, key or
 * trust stores, whoever the signer is. Who may sign is the policy's to say.
 */
export type SignerJudgement = {
  readonly verdict: Verdict<string>;
  readonly signer?: SignerFacts;
  /** When a pass ends by itself. */
  readonly validUntil?: UnixMs;
};

/** Proven only with a verdict that passes. Logs and timestamp authorities by their names in the configuration. */
export type SignerFacts = {
  readonly identity?: Identity;
  /** SHA-256 of the SubjectPublicKeyInfo, where the key lives for longer than one signature. */
  readonly key?: DigestRef;
  /** Fulcio's extensions, by the last arc of their number. */
  readonly extensions: Readonly<Record<string, string>>;
  readonly times: readonly SignedTime[];
  readonly entries: readonly LoggedEntry[];
};

export type SignedTime = {
  readonly at: UnixMs;
  /** `signing-authority`: of the Notary Project, whose word for the time is trusted as its signature is. */
  readonly source: "tsa" | "log" | "signing-authority";
  readonly by: string;
};

export type LoggedEntry = {
  readonly log: string;
  /** Two entries of one operator are one witness, whatever the shard. */
  readonly operator: string;
  readonly index: number;
  readonly proof: "inclusion" | "promise";
  /** Names of witnesses whose cosignatures on the checkpoint are good; absent where nobody looked. */
  readonly witnesses?: readonly string[];
};

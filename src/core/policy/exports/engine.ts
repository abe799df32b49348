import type { JsonObject } from "../../json/json.ts";
import type { AuthorityInstance, LogInstance } from "../../trust/trusted-root.ts";
import type { PatternEngine } from "../read/context.ts";
import type { TrustException, TrustPolicySet } from "../trust-policy.ts";

/** The verifiers whose language policies are exported to and imported from (trust-policy chapter §2). */
export type EngineId = "policy-controller" | "kyverno" | "kyverno-ivp" | "openshift" | "containers-policy" | "notation";

/**
 * `dropped`: a check is not made there. `widened`: a check lets more through. Both refuse the family unless they are
 * accepted. `narrowed`: more is refused there. `cluster-setting`: it is as here only with a setting outside the document.
 */
export type LossKind = "dropped" | "narrowed" | "widened" | "cluster-setting";

/** What of a family an engine cannot say. */
export type Loss = {
  /** `family/field` or `family/field/part`: what `--accept` names. */
  readonly id: string;
  /** `*` for the set as a whole. */
  readonly family: string;
  readonly field: LossField;
  readonly engine: EngineId;
  readonly kind: LossKind;
  readonly effect: string;
  readonly remedy: string;
  readonly accepted: boolean;
};

/** The parts of a policy that engines differ in; a closed list, so that a loss can be taken away from the source again. */
export const LOSS_FIELDS = [
  "default",
  "enforcement",
  "images",
  "except",
  "require",
  "identities",
  "san-type",
  "extensions",
  "root",
  "root-validity",
  "log",
  "log-logs",
  "log-proof",
  "log-witnesses",
  "log-min",
  "time-sources",
  "sct",
  "formats",
  "signature",
  "key-validity",
  "notation",
  "where",
  "attestation-age",
  "platforms",
  "claims",
  "family-time",
  "exception",
  "pin",
  "certificate",
  "proof",
] as const;
export type LossField = (typeof LOSS_FIELDS)[number];

/** A loss before it has a family. `part` tells several of one field apart. */
export type LossDraft = {
  readonly field: LossField;
  readonly part?: string;
  readonly kind: LossKind;
  readonly effect: string;
  readonly remedy: string;
};

/** What engines have to be told of a trust domain, since they do not know it by name. */
export type DomainMaterial = {
  readonly isPublic: boolean;
  readonly certificateAuthorities: readonly AuthorityInstance[];
  readonly ctlogs: readonly LogInstance[];
  readonly timestampAuthorities: readonly AuthorityInstance[];
  /** By the names that policies call them. */
  readonly logs: readonly NamedLog[];
};
export type NamedLog = {
  readonly name: string;
  readonly type: "rekor1" | "rekor2";
  readonly baseUrl: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly key: Uint8Array;
  /** Whether its key is trusted no longer, or will not be from some day on. */
  readonly hasEnd?: true;
};

/** What an export or import is made against. */
export type ExchangeContext = {
  readonly domains: Readonly<Record<string, DomainMaterial>>;
  /** Repositories that are known to exist, for engines that have no patterns. */
  readonly repositories: readonly string[];
  readonly patterns: PatternEngine;
  /** Those of the set that is exported: no engine has any that end. */
  readonly exceptions?: readonly TrustException[];
};

/** A document to write, with what has to be said above it. */
export type ExportedDocument = {
  /** Without extension. */
  readonly name: string;
  readonly syntax: "yaml" | "json";
  readonly value: JsonObject;
  readonly comments: readonly string[];
};

export type Exported = {
  readonly documents: readonly ExportedDocument[];
  readonly losses: readonly Loss[];
  /** Families of which nothing is admitted there: something would be dropped or widened, and nobody accepted it. */
  readonly refused: readonly string[];
};

/** One format: how the documents of an engine are written, and read. */
export type ExportFormat = {
  readonly id: EngineId;
  readonly export: (policy: TrustPolicySet, accepted: ReadonlySet<string>, context: ExchangeContext) => Exported;
};

/** The annotation that tells the gate and the audit what was accepted. */
export const ACCEPTED_ANNOTATION = "countersign.dev/accepted-losses";

/** Gives a draft its family and id. */
export function toLoss(
  draft: LossDraft,
  of: { readonly engine: EngineId; readonly family: string; readonly accepted: ReadonlySet<string> },
): Loss {
  const { part, ...rest } = draft;
  const id = [of.family, draft.field, ...(part === undefined ? [] : [part])].join("/");
  return { ...rest, id, family: of.family, engine: of.engine, accepted: of.accepted.has(id) };
}

/** Whether a loss lets more through than the policy does. */
export function isLooser({ kind }: Pick<Loss, "kind">): boolean {
  return kind === "dropped" || kind === "widened";
}

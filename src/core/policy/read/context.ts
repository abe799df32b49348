import type { Program } from "../../automata/program.ts";
import type { Parsed } from "../../parsed.ts";
import type { UnixMs } from "../../time.ts";

/** RE2, as a value: what the port `RegexCompiler` gives, as far as policies need it. */
export type PatternEngine = {
  /** The program that accepts exactly the texts the pattern matches as a whole. */
  readonly compile: (pattern: string) => Parsed<Program>;
};

/**
 * What a policy set is read against: the time, the pattern engine, and what the configuration knows. What is left out
 * is not known here; rules that need it are not judged, and `unchecked` of the result says so.
 */
export type PolicyContext = {
  readonly now: UnixMs;
  /**
   * `check` also refuses ends that have passed, for somebody to clean up. `load` does not: an opening that is over
   * opens nothing, and must not take the whole set down with it.
   */
  readonly purpose: "check" | "load";
  readonly patterns: PatternEngine;
  readonly isTimeZone: (name: string) => boolean;
  readonly clusters: Readonly<Record<string, ClusterIdentity>>;
  readonly domains?: Readonly<Record<string, TrustDomainKnowledge>>;
  readonly witnesses?: readonly string[];
  /** Names of Notation trust stores. */
  readonly trustStores?: readonly string[];
  readonly isRegistered?: (identity: { readonly issuer: string; readonly san: string }) => boolean;
  /** The configuration's own placements, the images of earlier ones excepted; documents of kind Placement come on top. */
  readonly placements?: readonly {
    readonly images: readonly string[];
    readonly except: readonly string[];
    readonly domain: string;
  }[];
  /** Whether somebody may approve exceptions of more than 14 days. */
  readonly mayApproveLong?: (approver: Person) => boolean;
  /** Whether the forge or the API confirms an approval. */
  readonly isApprovalVerified?: (exception: string, approver: Person) => boolean;
  /** The highest revision seen so far (TP008). */
  readonly runningRevision?: number;
};

export type Person = { readonly issuer: string; readonly subject: string };

/** How Fulcio names the service accounts of a cluster. */
export type ClusterIdentity = {
  readonly issuer: string;
  readonly issuerType: "kubernetes" | "spiffe";
  /** Of SPIFFE. */
  readonly trustDomain?: string;
};

export type TrustDomainKnowledge = {
  /** Absent: not known. */
  readonly logs?: readonly { readonly name: string; readonly type: "rekor1" | "rekor2" }[];
  /** Absent: not known. */
  readonly tsas?: readonly string[];
  readonly hasCtLog?: boolean;
  readonly isPublic: boolean;
  /** When the last certificate authority of the root ends. */
  readonly expires?: UnixMs;
};

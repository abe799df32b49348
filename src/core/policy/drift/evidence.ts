import type { LogName } from "../../entry/signing-event.ts";
import type { Identity } from "../../identity/identity.ts";
import type { UnixMs } from "../../time.ts";
import type { AllowedIdentity } from "./allowed.ts";

/** What was seen of signing and of clusters, for a policy to be held against. Decides nothing. */
export type DriftEvidence = {
  readonly now: UnixMs;
  /** Each identity that the policy allows, with its last verified signing event. */
  readonly allowed: readonly AllowedUse[];
  /** Verified signatures of images, of the last 30 days. */
  readonly acts: readonly BuilderAct[];
  readonly clusters: readonly ClusterView[];
  readonly logs: readonly LogCoverage[];
};

export type AllowedUse = { readonly allowed: AllowedIdentity; readonly last: LastSignature };

/** `unsearched`: there are more events than were looked through. */
export type LastSignature =
  | { readonly kind: "signed"; readonly at: UnixMs; readonly event: string }
  | { readonly kind: "none" }
  | { readonly kind: "unsearched" };

export type BuilderAct = {
  readonly repository: string;
  readonly identity: Identity;
  readonly at: UnixMs;
  /** `log/index`. */
  readonly event: string;
  /** The trust roots whose log it stands in; empty when the configuration knows none. */
  readonly roots: readonly string[];
};

/** A log of a trust root, and between which times everything that it took is in the store. */
export type LogCoverage = {
  readonly root: string;
  readonly log: LogName;
  readonly span?: { readonly from: UnixMs; readonly to: UnixMs };
};

/** Namespaces and accounts of a cluster as they were watched. */
export type ClusterView = {
  readonly cluster: string;
  readonly issuer: string;
  readonly issuerType: "kubernetes" | "spiffe";
  /** Why it cannot be told that something is not there. */
  readonly gap?: string;
  /** What is said of the cluster was so at this time; absent when nothing of it was ever seen. */
  readonly asOf?: UnixMs;
  /** Since when it has been watched without a gap. */
  readonly watchedSince?: UnixMs;
  readonly namespaces: readonly SeenNamespace[];
  readonly accounts: readonly SeenAccount[];
};

export type SeenNamespace = { readonly name: string; readonly goneBy?: UnixMs };

export type SeenAccount = {
  readonly namespace: string;
  readonly name: string;
  readonly goneBy?: UnixMs;
  /** The first of its pods of the last 30 days that asked for a token with the audience of the trust domain. */
  readonly asked?: { readonly pod: string; readonly at: UnixMs };
};

import type { Identity } from "../identity/identity.ts";
import type { TokenIssue } from "../pipelines/audit-event.ts";
import type { ChainsConfig } from "../pipelines/chains-config.ts";
import type { ObjectMeta } from "../pipelines/object-meta.ts";
import type { PipelineRun } from "../pipelines/pipeline-run.ts";
import type { Pod } from "../pipelines/pod.ts";
import type { TaskRun } from "../pipelines/task-run.ts";
import type { UnixMs } from "../time.ts";
import type { LogName } from "../entry/signing-event.ts";
import type { SignatureLink } from "./signature-link.ts";

/** Something seen in a cluster, and when it was last seen so. */
export type Seen<T> = {
  readonly cluster: string;
  readonly value: T;
  readonly observedAt: UnixMs;
  /** Not after this time it existed any more; absent while it lives. */
  readonly goneBy?: UnixMs;
};

/** How a cluster appears in certificates (pipelines chapter §1.1, §8). */
export type ClusterIdentity = {
  readonly cluster: string;
  /** Issuer URLs of its service-account tokens, current and former. */
  readonly issuers: readonly string[];
  /** Audiences that Fulcio accepts. */
  readonly audiences: readonly string[];
  /** As whom the controller of Tekton Chains signs, when it signs keyless. */
  readonly chains?: Identity;
};

/** A time in which a resource of a cluster was not watched. */
export type CoverageGap = {
  readonly cluster: string;
  readonly resource: string;
  readonly since: UnixMs;
  readonly until?: UnixMs;
  readonly reason: string;
};

/** All that correlation may look at, gathered before it judges. */
export type CorrelationWorld = {
  readonly runs: readonly Seen<TaskRun>[];
  readonly pipelineRuns: readonly Seen<PipelineRun>[];
  readonly pods: readonly Seen<Pod>[];
  readonly tokenIssues: readonly Seen<TokenIssue>[];
  /** Service accounts, gone ones included: a name may have had several. */
  readonly accounts: readonly Seen<ObjectMeta>[];
  /** What Tekton Chains is told, in clusters where it is known as whom it signs. */
  readonly chainsConfigs: readonly Seen<ChainsConfig>[];
  readonly links: readonly SignatureLink[];
  readonly clusters: readonly ClusterIdentity[];
  /** Addresses under which annotations may name a log. */
  readonly logUrls: readonly { readonly log: LogName; readonly url: string }[];
  readonly gaps: readonly CoverageGap[];
};

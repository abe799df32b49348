/**
 * The shapes of the HTTP API, version 1 (product chapter §4): what the console imports, types only. `schemas.ts` holds
 * the same as zod, from which `docs/reference/openapi.json` is made. Instants are RFC 3339 in UTC, digests
 * `sha256:<hex>`, other bytes lower-case hexadecimal unless said otherwise. Absence is `null`.
 */
export type Page<Item> = {
  readonly items: readonly Item[];
  /** Opaque; goes into `cursor` of the next request with the same filters. */
  readonly next: string | null;
  readonly asOf: string;
  readonly coverage: Coverage;
};

/** What a list could not see. An empty list with a gap is not "none". */
export type Coverage = {
  readonly complete: boolean;
  /** Up to when everything was seen; `null` when nothing was. */
  readonly coveredTo: string | null;
  readonly gaps: readonly CoverageGap[];
};
export type CoverageGap = {
  readonly source: "log" | "cluster" | "store";
  readonly name: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly reason: string;
};

export type IdentityJson = {
  readonly issuer: string;
  readonly san: string;
  readonly sanType: "uri" | "email" | "dns" | "other-name";
  /** `ns/payments-prod/sa/builder @ issuer` for service accounts. */
  readonly text: string;
  readonly namespace: string | null;
  readonly serviceAccount: string | null;
};

export type GradeJson = "A" | "A-" | "B" | "C" | "D" | "none";

export type RunJson = {
  readonly cluster: string;
  readonly kind: "TaskRun" | "PipelineRun";
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
};

export type DigestJson = { readonly role: string; readonly digest: string };

export type ArtifactRef = { readonly repository: string; readonly digest: string };

export type EventItem = {
  readonly log: string;
  readonly index: number;
  readonly eventTime: string;
  readonly timeBasis: "not-before" | "integrated" | "first-seen";
  readonly kind: string;
  readonly parsed: boolean;
  readonly chain: "verified" | "untrusted" | "none";
  readonly identity: IdentityJson | null;
  readonly digests: readonly DigestJson[];
  /** What was signed, as verified bundles in registries say it. */
  readonly artifacts: readonly ArtifactRef[];
  readonly grade: GradeJson;
  readonly run: RunJson | null;
  readonly expected: Expectation;
  /** Incidents that this event is a part of, gravest first. */
  readonly incidents: readonly IncidentRef[];
  readonly flags: readonly string[];
};

export type IncidentRef = Pick<IncidentItem, "id" | "severity" | "title" | "sentences">;

/** Whether the policy allows this identity to sign this artifact; `unknown` where no policy speaks of it. */
export type Expectation = { readonly state: "yes" | "no" | "unknown"; readonly reason: string };

export type EventDetail = EventItem & {
  readonly globalIndex: number | null;
  readonly firstSeen: string;
  readonly signed: IntervalJson;
  readonly logged: IntervalJson;
  readonly leafHash: string;
  readonly identities: readonly IdentityJson[];
  readonly certificate: CertificateJson | null;
  readonly correlation: CorrelationJson;
  readonly workloads: readonly WorkloadItem[];
  /** The canonical body of the leaf, base64. */
  readonly body: string;
  readonly coverage: Coverage;
};

export type IntervalJson = { readonly from: string | null; readonly to: string | null };

export type CertificateJson = {
  readonly sha256: string;
  readonly serial: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** Fulcio extensions `1.3.6.1.4.1.57264.1.N`, by number. */
  readonly extensions: readonly { readonly oid: string; readonly name: string; readonly value: string }[];
};

export type CorrelationJson = {
  readonly grade: GradeJson;
  readonly reasons: readonly string[];
  readonly gaps: readonly string[];
  readonly candidates: readonly CandidateJson[];
};
export type CandidateJson = {
  readonly run: RunJson;
  readonly pipelineRun: RunJson | null;
  readonly serviceAccount: string;
  readonly pod: string | null;
  readonly grade: GradeJson;
  readonly conflicts: readonly string[];
  readonly evidence: readonly { readonly kind: string; readonly detail: string; readonly object: string }[];
};

export type ProofJson = {
  readonly log: string;
  readonly index: number;
  readonly leafHash: string;
  readonly treeSize: number;
  readonly rootHash: string;
  /** From the leaf upwards. */
  readonly path: readonly string[];
  /** The signed note, verbatim. */
  readonly checkpoint: string;
  readonly verdict: "pass" | "fail" | "unknown";
  readonly detail: string;
};

export type WorkloadItem = {
  readonly cluster: string;
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly container: string;
  readonly image: string;
  readonly repository: string;
  readonly digest: string | null;
  /** `Deployment/api`, from the pod's own controller up. */
  readonly owners: readonly string[];
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly match: string;
  readonly signing: "signed" | "unexpected-identity" | "unsigned" | "unresolvable";
  readonly signers: readonly IdentityJson[];
  readonly events: readonly { readonly log: string; readonly index: number }[];
  readonly grade: GradeJson;
  readonly reasons: readonly string[];
};

export type ArtifactDetail = {
  readonly digest: string;
  readonly repositories: readonly string[];
  readonly events: readonly EventItem[];
  readonly workloads: readonly WorkloadItem[];
  readonly coverage: Coverage;
};

/** Facts in order, then what is wrong, then what could not be seen, then what to do. */
export type StoryJson = {
  readonly subject: string;
  readonly headline: string;
  /** `unknown`: too little could be seen to say that all is well. */
  readonly verdict: "pass" | "fail" | "unknown";
  readonly incident: { readonly id: string; readonly severity: SeverityJson } | null;
  readonly facts: readonly FactJson[];
  /** Heaviest first. */
  readonly reasons: readonly { readonly severity: SeverityJson; readonly text: string }[];
  readonly notCovered: readonly string[];
  /** One command that works. */
  readonly next: string | null;
};
export type FactJson = {
  readonly number: number;
  /** `was signed`, `runs`, … */
  readonly label: string;
  readonly at: string | null;
  readonly text: string;
  /** What stands for it: a grade, a log, an object of a cluster, the policy. */
  readonly proof: string;
  readonly problems: readonly string[];
};
export type SeverityJson = "critical" | "high" | "medium" | "low" | "info";

export type IdentityItem = IdentityJson & {
  readonly id: string;
  readonly events: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly unexpected: number;
};

export type IncidentItem = {
  readonly id: string;
  readonly severity: SeverityJson;
  readonly title: string;
  readonly at: string;
  readonly state: string;
  readonly detectors: readonly string[];
  readonly sentences: readonly string[];
  readonly events: readonly { readonly log: string; readonly index: number }[];
  readonly digests: readonly string[];
};

export type LogItem = {
  readonly name: string;
  readonly state: "following" | "unproven" | "disputed" | "frozen" | "retired";
  readonly reason: string;
  readonly startIndex: number;
  readonly indexedUpto: number;
  readonly head: { readonly size: number; readonly rootHash: string; readonly firstSeen: string } | null;
  readonly updatedAt: string;
  readonly misbehaviours: readonly { readonly code: string; readonly detail: string; readonly at: string }[];
};

export type SearchHit = {
  readonly kind: "event" | "artifact" | "identity" | "workload" | "incident";
  readonly title: string;
  readonly detail: string;
  /** Path of the console. */
  readonly href: string;
};

export type ProbeJson = {
  readonly group: string;
  readonly name: string;
  readonly state: "ok" | "finding" | "undecided" | "warn";
  readonly detail: string;
  readonly fix: string | null;
};
export type HealthJson = {
  readonly state: ProbeJson["state"];
  readonly asOf: string;
  readonly probes: readonly ProbeJson[];
};

export type MeJson = {
  readonly name: string;
  readonly mode: string;
  readonly product: string;
  readonly version: string;
};

/** RFC 9457; `type` is `urn:countersign:problem:<code>`, `instance` the id of the request. */
export type ProblemJson = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly fix: string;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
};

import { z } from "zod";
import type {
  ArtifactDetail,
  CandidateJson,
  CertificateJson,
  CorrelationJson,
  Coverage,
  CoverageGap,
  EventDetail,
  EventItem,
  Expectation,
  FactJson,
  HealthJson,
  IdentityItem,
  IdentityJson,
  IncidentItem,
  IncidentRef,
  LogItem,
  MeJson,
  Page,
  ProbeJson,
  ProblemJson,
  ProofJson,
  RunJson,
  SearchHit,
  StoryJson,
  WorkloadItem,
} from "./contract.ts";

/*
 * The contract as zod: `contract.ts` is what people and the console read, this is what the OpenAPI document is made of
 * and what the tests hold every answer against. The annotation on each makes the compiler compare the two.
 */
const text = z.string();
const instant = z.string().meta({ format: "date-time" });
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const hex = z.string().regex(/^(?:[0-9a-f]{2})*$/);
const index = z.int().min(0);
const grade = z.enum(["A", "A-", "B", "C", "D", "none"]);
const eventRef = z.strictObject({ log: text, index });

const coverageGap: z.ZodType<CoverageGap> = z.strictObject({
  source: z.enum(["log", "cluster", "store"]),
  name: text,
  from: instant.nullable(),
  to: instant.nullable(),
  reason: text,
});

export const CoverageSchema: z.ZodType<Coverage> = z
  .strictObject({ complete: z.boolean(), coveredTo: instant.nullable(), gaps: z.array(coverageGap) })
  .meta({ id: "Coverage", description: 'What the answer could not see. An empty list with a gap is not "none".' });

/** A page of a list. */
export function pageOf<Item>(item: z.ZodType<Item>): z.ZodType<Page<Item>> {
  return z.strictObject({ items: z.array(item), next: text.nullable(), asOf: instant, coverage: CoverageSchema });
}

const identityFields = {
  issuer: text,
  san: text,
  sanType: z.enum(["uri", "email", "dns", "other-name"]),
  text,
  namespace: text.nullable(),
  serviceAccount: text.nullable(),
};
const identity: z.ZodType<IdentityJson> = z.strictObject(identityFields).meta({ id: "Identity" });

const run: z.ZodType<RunJson> = z
  .strictObject({ cluster: text, kind: z.enum(["TaskRun", "PipelineRun"]), namespace: text, name: text, uid: text })
  .meta({ id: "Run" });

const expectation: z.ZodType<Expectation> = z.strictObject({ state: z.enum(["yes", "no", "unknown"]), reason: text });

const severity = z.enum(["critical", "high", "medium", "low", "info"]);
const incidentRef: z.ZodType<IncidentRef> = z.strictObject({
  id: text,
  severity,
  title: text,
  sentences: z.array(text),
});

const eventFields = {
  log: text,
  index,
  eventTime: instant,
  timeBasis: z.enum(["not-before", "integrated", "first-seen"]),
  kind: text,
  parsed: z.boolean(),
  chain: z.enum(["verified", "untrusted", "none"]),
  identity: identity.nullable(),
  digests: z.array(z.strictObject({ role: text, digest })),
  artifacts: z.array(z.strictObject({ repository: text, digest })),
  grade,
  run: run.nullable(),
  expected: expectation,
  incidents: z.array(incidentRef),
  flags: z.array(text),
};
export const EventItemSchema: z.ZodType<EventItem> = z.strictObject(eventFields).meta({ id: "EventItem" });

const certificate: z.ZodType<CertificateJson> = z.strictObject({
  sha256: digest,
  serial: text,
  notBefore: instant,
  notAfter: instant,
  extensions: z.array(z.strictObject({ oid: text, name: text, value: text })),
});

const candidate: z.ZodType<CandidateJson> = z.strictObject({
  run,
  pipelineRun: run.nullable(),
  serviceAccount: text,
  pod: text.nullable(),
  grade,
  conflicts: z.array(text),
  evidence: z.array(z.strictObject({ kind: text, detail: text, object: text })),
});

const correlation: z.ZodType<CorrelationJson> = z
  .strictObject({ grade, reasons: z.array(text), gaps: z.array(text), candidates: z.array(candidate) })
  .meta({ id: "Correlation" });

export const WorkloadItemSchema: z.ZodType<WorkloadItem> = z
  .strictObject({
    cluster: text,
    namespace: text,
    pod: text,
    podUid: text,
    container: text,
    image: text,
    repository: text,
    digest: digest.nullable(),
    owners: z.array(text),
    startedAt: instant.nullable(),
    finishedAt: instant.nullable(),
    match: text,
    signing: z.enum(["signed", "unexpected-identity", "unsigned", "unresolvable"]),
    signers: z.array(identity),
    events: z.array(eventRef),
    grade,
    reasons: z.array(text),
  })
  .meta({ id: "WorkloadItem" });

const interval = z.strictObject({ from: instant.nullable(), to: instant.nullable() });

export const EventDetailSchema: z.ZodType<EventDetail> = z
  .strictObject({
    ...eventFields,
    globalIndex: index.nullable(),
    firstSeen: instant,
    signed: interval,
    logged: interval,
    leafHash: hex,
    identities: z.array(identity),
    certificate: certificate.nullable(),
    correlation,
    workloads: z.array(WorkloadItemSchema),
    body: text.meta({ contentEncoding: "base64" }),
    coverage: CoverageSchema,
  })
  .meta({ id: "EventDetail" });

export const ProofSchema: z.ZodType<ProofJson> = z
  .strictObject({
    log: text,
    index,
    leafHash: hex,
    treeSize: index,
    rootHash: hex,
    path: z.array(hex),
    checkpoint: text,
    verdict: z.enum(["pass", "fail", "unknown"]),
    detail: text,
  })
  .meta({ id: "Proof" });

/** A sigstore bundle: described elsewhere (protobuf-specs), passed on as it is. */
export const BundleSchema: z.ZodType = z.record(text, z.unknown()).meta({ id: "Bundle" });

export const ArtifactDetailSchema: z.ZodType<ArtifactDetail> = z
  .strictObject({
    digest,
    repositories: z.array(text),
    events: z.array(EventItemSchema),
    workloads: z.array(WorkloadItemSchema),
    coverage: CoverageSchema,
  })
  .meta({ id: "ArtifactDetail" });

const fact: z.ZodType<FactJson> = z.strictObject({
  number: index,
  label: text,
  at: instant.nullable(),
  text,
  proof: text,
  problems: z.array(text),
});

export const StorySchema: z.ZodType<StoryJson> = z
  .strictObject({
    subject: text,
    headline: text,
    verdict: z.enum(["pass", "fail", "unknown"]),
    incident: z.strictObject({ id: text, severity }).nullable(),
    facts: z.array(fact),
    reasons: z.array(z.strictObject({ severity, text })),
    notCovered: z.array(text),
    next: text.nullable(),
  })
  .meta({ id: "Story" });

export const IdentityItemSchema: z.ZodType<IdentityItem> = z
  .strictObject({
    ...identityFields,
    id: text,
    events: index,
    firstSeen: instant,
    lastSeen: instant,
    unexpected: index,
  })
  .meta({ id: "IdentityItem" });

export const IncidentItemSchema: z.ZodType<IncidentItem> = z
  .strictObject({
    id: text,
    severity,
    title: text,
    at: instant,
    state: text,
    detectors: z.array(text),
    sentences: z.array(text),
    events: z.array(eventRef),
    digests: z.array(digest),
  })
  .meta({ id: "IncidentItem" });

export const LogItemSchema: z.ZodType<LogItem> = z
  .strictObject({
    name: text,
    state: z.enum(["following", "unproven", "disputed", "frozen", "retired"]),
    reason: text,
    startIndex: index,
    indexedUpto: index,
    head: z.strictObject({ size: index, rootHash: hex, firstSeen: instant }).nullable(),
    updatedAt: instant,
    misbehaviours: z.array(z.strictObject({ code: text, detail: text, at: instant })),
  })
  .meta({ id: "LogItem" });

export const SearchHitSchema: z.ZodType<SearchHit> = z
  .strictObject({
    kind: z.enum(["event", "artifact", "identity", "workload", "incident"]),
    title: text,
    detail: text,
    href: text,
  })
  .meta({ id: "SearchHit" });

const state = z.enum(["ok", "finding", "undecided", "warn"]);
const probe: z.ZodType<ProbeJson> = z.strictObject({
  group: text,
  name: text,
  state,
  detail: text,
  fix: text.nullable(),
});
export const HealthSchema: z.ZodType<HealthJson> = z
  .strictObject({ state, asOf: instant, probes: z.array(probe) })
  .meta({ id: "Health" });

export const MeSchema: z.ZodType<MeJson> = z
  .strictObject({ name: text, mode: text, product: text, version: text })
  .meta({ id: "Me" });

export const ProblemSchema: z.ZodType<ProblemJson> = z
  .strictObject({
    type: text,
    title: text,
    status: z.int(),
    detail: text,
    instance: text,
    fix: text,
    errors: z.array(z.strictObject({ pointer: text, message: text })).exactOptional(),
  })
  .meta({ id: "Problem" });

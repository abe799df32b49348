import { toDigestRef, type DigestRef } from "../digest.ts";
import type { SigningEvent } from "../entry/signing-event.ts";
import type { JoinEvidence, JoinKind } from "./correlation.ts";
import type { SeenRun, WorldIndex } from "./index-world.ts";

/** A run that an entry may belong to, with every comparison that held. */
export type Joined = { readonly run: SeenRun; readonly evidence: readonly JoinEvidence[] };

/** Runs found by what the entry and its statements name, and the names that no run answers to. */
export type Named = { readonly joined: readonly Joined[]; readonly unknownRuns: readonly string[] };

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
const RUN_INVOCATION = "21";
/** Anyone who may run a Task can name a digest in its results; beyond the newest of them nothing is learned. */
const RUNS_PER_DIGEST_MAX = 100;

/** Joins by name: E1 record, E2 invocation, E3 certificate, E5 claim, E7 results, E8 annotation (pipelines chapter §7). */
export function joinByName(index: WorldIndex, event: SigningEvent): Named {
  const collector = collect();
  const links = index.links.get(`${event.log}/${event.logIndex}`) ?? [];
  joinRecords(index, event, collector);
  joinCertificate(index, event, collector);

  const digests = subjectsOf(event);
  const invoked = links.flatMap((link) =>
    joinRunUid(index, collector, { uid: link.invocationId, kind: "invocation", digests }),
  );
  const claimed = links.flatMap((link) =>
    joinRunUid(index, collector, { uid: link.claimedRunUid, kind: "claim", digests }),
  );

  for (const digest of digests) {
    for (const run of (index.byArtifact.get(digest) ?? []).slice(-RUNS_PER_DIGEST_MAX))
      collector.add(run, "results", `its results name ${digest}`);
  }
  for (const name of [`${event.log}/${event.globalIndex ?? event.logIndex}`]) {
    for (const run of index.byAnnotation.get(name) ?? []) {
      collector.add(run, "annotation", `chains.tekton.dev/transparency names entry ${name}`);
    }
  }
  return { joined: collector.joined(), unknownRuns: [...new Set([...invoked, ...claimed])] };
}

/** Adds evidence to a list of joined runs, one run once. */
export function merge(...lists: readonly (readonly Joined[])[]): readonly Joined[] {
  const collector = collect();
  for (const { run, evidence } of lists.flat()) for (const item of evidence) collector.keep(run, item);
  return collector.joined();
}

/** One comparison that held, as evidence. */
export function evidenceOf(run: SeenRun, kind: JoinKind, detail: string): JoinEvidence {
  const { meta } = run.value;
  return {
    kind,
    detail,
    source: { object: `taskruns/${meta.namespace}/${meta.name}`, resourceVersion: meta.resourceVersion },
    observedAt: run.observedAt,
  };
}

/** The digests that an entry is about: subjects learned from bundles, and the data itself where that was hashed. */
export function subjectsOf(event: SigningEvent): readonly DigestRef[] {
  const wanted = event.digests.filter(({ role }) => role === "subject" || role === "data");
  return [...new Set(wanted.map(({ digest }) => digest))];
}

function joinRecords(index: WorldIndex, event: SigningEvent, collector: Collector): void {
  const leaf = toDigestRef(event.leafHash);
  for (const run of index.byLeaf.get(leaf) ?? []) {
    collector.add(run, "record", `result LOG_ENTRIES names leaf ${leaf}`);
  }
  for (const link of index.links.get(`${event.log}/${event.logIndex}`) ?? []) {
    for (const run of index.byBundle.get(link.bundle) ?? []) {
      collector.add(run, "record", `result BUNDLE_DIGESTS names ${link.bundle}`);
    }
  }
  for (const { role, digest } of event.digests.filter((item) => item.role === "payload" || item.role === "data")) {
    for (const run of index.byPayload.get(digest) ?? []) {
      collector.add(run, "record", `annotation chains.tekton.dev/payload hashes to the ${role} ${digest}`);
    }
    joinPipelineRecord(index, event, collector, digest);
  }
}

/** A statement about a PipelineRun is kept on it; the task that built what it is about is its child. */
function joinPipelineRecord(index: WorldIndex, event: SigningEvent, collector: Collector, digest: DigestRef): void {
  const subjects = subjectsOf(event);
  for (const { value } of index.pipelinesByPayload.get(digest) ?? []) {
    const children = index.byPipelineUid.get(value.meta.uid) ?? [];
    for (const run of children.filter(({ value: { artifacts } }) =>
      artifacts.some((built) => subjects.includes(built)),
    )) {
      const { namespace, name } = value.meta;
      collector.add(
        run,
        "record",
        `annotation chains.tekton.dev/payload of PipelineRun ${namespace}/${name}, whose task built the digest`,
      );
    }
  }
}

function joinCertificate(index: WorldIndex, event: SigningEvent, collector: Collector): void {
  const invocation = event.certificate?.extensions[RUN_INVOCATION];
  // An untrusted certificate can say anything of anybody.
  if (invocation === undefined || event.chain !== "verified") return;
  for (const uid of new Set(invocation.toLowerCase().match(UUID) ?? [])) {
    for (const run of index.byUid.get(uid) ?? []) collector.add(run, "certificate", `run invocation URI holds ${uid}`);
  }
  for (const run of index.byCredential.get(invocation.toLowerCase()) ?? []) {
    collector.add(run, "certificate", `run invocation URI is ${invocation}, the run's credential`);
  }
}

/** Finds the run with a uid, or the children of the PipelineRun with it; returns the uid when nobody has it. */
function joinRunUid(
  index: WorldIndex,
  collector: Collector,
  named: {
    readonly uid: string | undefined;
    readonly kind: "invocation" | "claim";
    readonly digests: readonly DigestRef[];
  },
): readonly string[] {
  const { uid, kind, digests } = named;
  if (uid === undefined || uid === "") return [];
  const runs = index.byUid.get(uid) ?? [];
  for (const run of runs) collector.add(run, kind, `the statement names run ${uid}`);
  const children = (index.byPipelineUid.get(uid) ?? []).filter((run) =>
    run.value.artifacts.some((digest) => digests.includes(digest)),
  );
  for (const run of children)
    collector.add(run, kind, `the statement names pipeline run ${uid}, whose task built the digest`);
  return runs.length > 0 || index.pipelineRuns.has(uid) || index.byPipelineUid.has(uid) ? [] : [uid];
}

type Collector = {
  add(run: SeenRun, kind: JoinKind, detail: string): void;
  keep(run: SeenRun, item: JoinEvidence): void;
  joined(): readonly Joined[];
};

function collect(): Collector {
  const found = new Map<SeenRun, JoinEvidence[]>();
  const keep = (run: SeenRun, item: JoinEvidence): void => {
    const items = found.get(run) ?? [];
    if (!items.some((known) => known.kind === item.kind && known.detail === item.detail)) items.push(item);
    found.set(run, items);
  };
  return {
    add: (run, kind, detail) => {
      keep(run, evidenceOf(run, kind, detail));
    },
    keep,
    joined: () => [...found].map(([run, evidence]) => ({ run, evidence })),
  };
}

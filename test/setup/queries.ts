import type { Correlation } from "../../src/core/correlate/correlation.ts";
import { renderEventRef } from "../../src/core/entry/signing-event.ts";
import { toDigestRef, digestRefOf } from "../../src/core/digest.ts";
import type { RunningContainer } from "../../src/core/inventory/running-container.ts";
import type { UnixMs } from "../../src/core/time.ts";
import type { Queries } from "../../src/app/http/queries.ts";
import { virtualEventStore } from "../../src/adapters/virtual/event-store.ts";
import { batchOf, storedEntry } from "../../src/ports/stored-entry.contract.ts";
import { toHex } from "../../src/core/bytes/hex.ts";

/** The instant at which the small world of `smallQueries` is looked at: an hour after its last event. */
export const LOOKED_AT = (1_790_000_000_000 + 3_600_000) as UnixMs;

/** A digest of an image that is signed by event 3 and runs. */
export const IMAGE = digestRefOf(new TextEncoder().encode("an image"));

/**
 * Seven events of one log, of which number 3 signed an image that runs and is joined to a TaskRun; one unsigned
 * container; one incident. What the server asks, answered from memory.
 */
export async function smallQueries(change: Partial<Queries> = {}): Promise<Queries> {
  const store = virtualEventStore();
  const entries = Array.from({ length: 7 }, (_, i) =>
    storedEntry(i, i === 3 ? { digests: [{ role: "subject", digest: IMAGE }] } : {}),
  );
  await store.commit(batchOf(0, entries, { updatedAt: LOOKED_AT }));
  return {
    now: () => LOOKED_AT,
    version: "0.0.0-test",
    events: store,
    correlationsOf: async (events) =>
      new Map(
        events.filter(({ logIndex }) => logIndex === 3).map((event) => [renderEventRef(event), joined(event.log)]),
      ),
    expectationsOf: async (events) =>
      new Map(
        events.map((event) => [
          renderEventRef(event),
          event.logIndex === 5
            ? { state: "no" as const, reason: "payments-prod allows only builder" }
            : { state: "yes" as const, reason: "payments-prod allows builder" },
        ]),
      ),
    artifactsOf: async (events) =>
      new Map(
        events
          .filter(({ logIndex }) => logIndex === 3)
          .map((event) => [renderEventRef(event), [{ repository: "registry.example/payments/api", digest: IMAGE }]]),
      ),
    workloads: async () => ({ containers: [running, unsigned], gaps: [] }),
    incidents: async () => [
      {
        id: "inc-0001",
        severity: "critical",
        title: "payments/api signed by a foreign identity",
        at: "2026-09-21T14:13:25Z",
        state: "open",
        detectors: ["foreign-signer"],
        sentences: ["payments-prod allows only ns/payments-prod/sa/builder."],
        events: [{ log: "rekor-private", index: 3 }],
        digests: [IMAGE],
      },
    ],
    bundleOf: async (_, logIndex) =>
      logIndex === 3
        ? new TextEncoder().encode('{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}')
        : undefined,
    proofOf: async (log, logIndex) =>
      logIndex < 7
        ? {
            log,
            index: logIndex,
            leafHash: toHex(storedEntry(logIndex).event.leafHash),
            treeSize: 7,
            rootHash: toHex(storedEntry(6).event.leafHash),
            path: [toHex(storedEntry(1).event.leafHash)],
            checkpoint: "rekor-private\n7\n",
            verdict: "pass",
            detail: "included under the checkpoint of size 7",
          }
        : undefined,
    storyOf: async (digest) =>
      digest === IMAGE
        ? {
            subject: digest,
            headline: "payments/api runs and was signed by builder",
            verdict: "pass",
            incident: null,
            facts: [
              {
                number: 1,
                label: "was signed",
                at: "2026-09-21T14:13:23Z",
                text: "by ns/payments-prod/sa/builder",
                proof: "log entry rekor-private/3",
                problems: [],
              },
            ],
            reasons: [],
            notCovered: ["registry access logs"],
            next: null,
          }
        : undefined,
    health: async () => [{ group: "store", name: "store", state: "ok", detail: "7 events", fix: null }],
    ...change,
  };
}

function joined(log: string): Correlation {
  const run = {
    cluster: "prod-eu",
    kind: "TaskRun",
    namespace: "payments-prod",
    name: "build-x",
    uid: "uid-1",
  } as const;
  return {
    log,
    logIndex: 3,
    grade: "A-",
    candidates: [
      {
        run,
        serviceAccount: "builder",
        pod: "build-x-pod",
        grade: "A-",
        evidence: [
          {
            kind: "credential",
            detail: "the token is bound to the pod",
            source: { object: "pods/build-x-pod", resourceVersion: "7" },
            observedAt: LOOKED_AT,
          },
        ],
        conflicts: [],
      },
    ],
    reasons: ["the token is bound to the pod of the run; results are missing"],
    gaps: [],
  };
}

const running: RunningContainer = {
  cluster: "prod-eu",
  namespace: "payments-prod",
  pod: "api-7d9f",
  podUid: "uid-2",
  container: "api",
  containerKind: "container",
  image: "registry.example/payments/api:1.0",
  imageId: `registry.example/payments/api@${IMAGE}`,
  repository: "registry.example/payments/api",
  digest: IMAGE,
  owners: [{ kind: "Deployment", name: "api", uid: "uid-3" }],
  startedAt: (LOOKED_AT - 600_000) as UnixMs,
  match: "match-exact",
  signing: "signed",
  signers: storedEntry(3).event.identities,
  events: [{ log: "rekor-private", logIndex: 3 }],
  grade: "A-",
  reasons: [],
};

const unsigned: RunningContainer = {
  ...running,
  pod: "tools-1",
  podUid: "uid-4",
  namespace: "tools",
  image: "registry.example/base/tools:1",
  repository: "registry.example/base/tools",
  digest: toDigestRef(storedEntry(0).event.leafHash),
  signing: "unsigned",
  signers: [],
  events: [],
  grade: "none",
  reasons: ["no signature is known"],
};

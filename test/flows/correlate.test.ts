import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kubernetesCluster } from "../../src/adapters/kubernetes/cluster.ts";
import { undiciHttpClient, type ClosableHttpClient } from "../../src/adapters/http/client.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { systemRandom } from "../../src/adapters/system/random.ts";
import { startApiServer, type ApiServer } from "../../src/adapters/virtual/cluster/api-server.ts";
import { virtualClusterStore } from "../../src/adapters/virtual/cluster-store.ts";
import { virtualEventStore } from "../../src/adapters/virtual/event-store.ts";
import { virtualSignatureStore } from "../../src/adapters/virtual/signature-store.ts";
import { toResults } from "../../src/app/sign-step/results.ts";
import { gatherWorld } from "../../src/capabilities/correlate/gather-world.ts";
import { learnSignatures, type Learned } from "../../src/capabilities/correlate/learn-signatures.ts";
import { readEstate } from "../../src/capabilities/correlate/read-estate.ts";
import { imageTargets } from "../../src/capabilities/correlate/targets.ts";
import { watchResource } from "../../src/capabilities/correlate/watch-cluster.ts";
import { WATCHED_RESOURCES } from "../../src/capabilities/correlate/watched-resource.ts";
import { investigate } from "../../src/capabilities/investigate/investigate.ts";
import type { SigningOutcome } from "../../src/capabilities/sign/job.ts";
import { signArtifact } from "../../src/capabilities/sign/sign-artifact.ts";
import { gatherSignatures } from "../../src/capabilities/verify/gather-signatures.ts";
import { concatBytes } from "../../src/core/bytes/bytes.ts";
import type { Estate } from "../../src/core/detect/estate.ts";
import { sha256 } from "../../src/core/digest.ts";
import { leafJudge } from "../../src/core/entry/leaf-judge.ts";
import { toSigningEvent } from "../../src/core/entry/to-signing-event.ts";
import { addMs, renderRfc3339 } from "../../src/core/time.ts";
import { batchOf } from "../../src/ports/stored-entry.contract.ts";
import { estatePolicy } from "../setup/estate-policy.ts";
import { BUILDER, never, newTarget, openSignerWorld, type SignerWorld, type Target } from "../setup/signer-world.ts";

const CLUSTER = "prod-eu";

describe("from a signature to what runs", () => {
  let world: SignerWorld;
  let api: ApiServer;
  let http: ClosableHttpClient;
  let at: Target;
  let signed: SigningOutcome;
  let learned: Learned;
  let estate: Estate;
  let tell: ReturnType<typeof investigate>;

  beforeAll(async () => {
    world = await openSignerWorld("rekor2");
    api = await startApiServer({ now: () => systemClock.now(), issueToken: world.issueToken });
    http = undiciHttpClient();
    at = await newTarget(world, "referrer");
    const { trust } = world.ports.domain;
    signed = await signArtifact(world.ports)(
      [
        { kind: "image", image: at },
        { kind: "attestation", image: at, predicateType: "https://spdx.dev/Document", predicate: {} },
      ],
      never,
    );

    const stores = {
      events: virtualEventStore(),
      clusters: virtualClusterStore(),
      signatures: virtualSignatureStore(),
    };
    await stores.events.commit(batchOf(0, entriesOf(signed)));
    writeObjects(api, at, signed);
    const session = {
      name: CLUSTER,
      server: api.url,
      http,
      clock: systemClock,
      random: systemRandom,
      token: { read: async () => readerToken(api) },
    };
    const watch = watchResource({
      cluster: kubernetesCluster(session),
      store: stores.clusters,
      clock: systemClock,
      random: systemRandom,
    });
    await Promise.all(WATCHED_RESOURCES.map((resource) => watch(resource, never)));

    const issuer = signed.identity?.issuer ?? "";
    const settings = {
      clusters: [{ cluster: CLUSTER, issuers: [issuer], audiences: ["sigstore"] }],
      logUrls: [],
      policy: estatePolicy({ images: `${at.repository.split("/")[0]}/team/**`, issuer }),
    };
    const { registry } = world.ports;
    const learn = learnSignatures({
      registry,
      gatherSignatures: (image, signal) => gatherSignatures(registry, image, signal),
      ...stores,
      trusts: [trust],
      clock: systemClock,
    });
    learned = await learn(imageTargets((await gatherWorld(stores, settings)).world), never);
    const read = readEstate({ ...stores, clock: systemClock }, settings);
    estate = await read();
    tell = investigate({ readEstate: read, ...stores, names: settings });

    function entriesOf({ signatures }: SigningOutcome) {
      const judge = leafJudge(trust.cas);
      return signatures.map(({ bundle }, logIndex) => {
        const body = bundle.entries[0]?.canonicalizedBody ?? new Uint8Array();
        const leafHash = sha256(concatBytes([Uint8Array.of(0), body]));
        const firstSeen = systemClock.now();
        return {
          event: toSigningEvent({ log: "rekor-private", logIndex, leafHash, body, seenBetween: {}, firstSeen }, judge),
          body,
        };
      });
    }
  });

  afterAll(async () => {
    await http.close();
    await api.close();
    await world.close();
  });

  test("every bundle beside the image is verified and joined to its entry", () => {
    expect(learned).toMatchObject({ refused: [], unfollowed: [] });
    expect(learned.gaps).toEqual([{ missing: "signatures", detail: "localhost:9/sign@1: registry.unreachable" }]);
    expect(learned.links.map(({ predicateType, subject }) => [predicateType, subject])).toEqual([
      ["https://sigstore.dev/cosign/sign/v1", at.image.digest],
      ["https://spdx.dev/Document", at.image.digest],
    ]);
  });

  test("each entry is joined to the TaskRun that records it", () => {
    const correlations = [...estate.acts.values()].map(({ correlation }) => correlation);
    expect(correlations.map(({ grade }) => grade)).toEqual(["A", "A"]);
    expect(correlations[0]?.candidates[0]).toMatchObject({
      run: { name: "api-sign", namespace: "payments" },
      serviceAccount: "builder",
      pod: "sign-pod",
    });
  });

  test("the container that runs is joined to the signature, its run and its owners", () => {
    const running = estate.containers.filter(({ containerKind }) => containerKind !== "build");
    expect(running).toMatchObject([
      {
        pod: "api-1",
        signing: "signed",
        grade: "A",
        digest: at.image.digest,
        owners: [{ kind: "ReplicaSet" }, { kind: "Deployment", name: "api" }],
        signers: [signed.identity],
      },
    ]);
  });

  test("the story of the image says so", async () => {
    const story = await tell({ kind: "digest", digest: at.image.digest });
    expect(story.facts.map(({ label, proof }) => `${label}: ${proof}`)).toEqual([
      "runs: pod status, match-exact",
      "was signed: log entry rekor-private/0",
      "by TaskRun: grade A",
      "attested: log entry rekor-private/1",
      "evidence: checkpoint of rekor-private, size 2",
      "also: log entries of that identity",
    ]);
    expect([story.verdict, story.incident]).toEqual(["pass", undefined]);
  });

  test("nothing is found where everything is in order", () => {
    expect(estate.findings).toEqual([]);
  });
});

function readerToken(api: ApiServer) {
  return { use: <R>(consume: (token: string) => R): R => consume(api.readerToken) };
}

/** What Tekton and the scheduler would have written. */
function writeObjects(api: ApiServer, { repository, image }: Target, signed: SigningOutcome): void {
  const start = addMs(systemClock.now(), -30_000);
  const span = { startTime: renderRfc3339(start), completionTime: renderRfc3339(systemClock.now()) };
  const namespace = "payments";
  put(api, "taskruns", {
    metadata: { name: "api-sign", namespace, uid: "run-1" },
    spec: { serviceAccountName: BUILDER.serviceAccount, params: [{ name: "image", value: repository }] },
    status: {
      ...span,
      podName: "sign-pod",
      // As the signing step writes them.
      results: [...toResults(signed, image.digest)].map(([name, value]) => ({ name, value })),
    },
  });
  put(api, "pods", {
    metadata: {
      name: "sign-pod",
      namespace,
      ownerReferences: [{ kind: "TaskRun", name: "api-sign", uid: "run-1", controller: true }],
    },
    spec: {
      serviceAccountName: BUILDER.serviceAccount,
      containers: [{ name: "step-sign", image: "localhost:9/sign:1" }],
    },
  });
  put(api, "deployments", { metadata: { name: "api", namespace, uid: "d-1" } });
  put(api, "replicasets", {
    metadata: {
      name: "api-7d9f",
      namespace,
      uid: "rs-1",
      ownerReferences: [{ kind: "Deployment", name: "api", uid: "d-1", controller: true }],
    },
  });
  put(api, "pods", {
    metadata: {
      name: "api-1",
      namespace,
      ownerReferences: [{ kind: "ReplicaSet", name: "api-7d9f", uid: "rs-1", controller: true }],
    },
    spec: { containers: [{ name: "api", image: `${repository}:v1` }] },
    status: {
      containerStatuses: [
        {
          name: "api",
          image: `${repository}:v1`,
          imageID: `${repository}@${image.digest}`,
          state: { running: { startedAt: span.completionTime } },
        },
      ],
    },
  });
}

function put(
  api: ApiServer,
  plural: string,
  object: { readonly metadata: object; readonly [field: string]: unknown },
): void {
  api.objects.create(api.resource(plural), { ...object, metadata: { ...object.metadata } });
}

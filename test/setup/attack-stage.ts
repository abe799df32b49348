import { vi } from "vitest";
import { undiciHttpClient } from "../../src/adapters/http/client.ts";
import { kubernetesCluster } from "../../src/adapters/kubernetes/cluster.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { systemRandom } from "../../src/adapters/system/random.ts";
import { startApiServer, type ApiServer } from "../../src/adapters/virtual/cluster/api-server.ts";
import { virtualClusterStore } from "../../src/adapters/virtual/cluster-store.ts";
import { virtualEventStore } from "../../src/adapters/virtual/event-store.ts";
import { virtualSignatureStore } from "../../src/adapters/virtual/signature-store.ts";
import { gatherWorld } from "../../src/capabilities/correlate/gather-world.ts";
import { learnSignatures } from "../../src/capabilities/correlate/learn-signatures.ts";
import { readEstate } from "../../src/capabilities/correlate/read-estate.ts";
import { recordAudit } from "../../src/capabilities/correlate/record-audit.ts";
import { imageTargets } from "../../src/capabilities/correlate/targets.ts";
import { watchResource } from "../../src/capabilities/correlate/watch-cluster.ts";
import { chainsConfigIn, WATCHED_RESOURCES } from "../../src/capabilities/correlate/watched-resource.ts";
import type { SigningJob, SigningOutcome } from "../../src/capabilities/sign/job.ts";
import { signArtifact } from "../../src/capabilities/sign/sign-artifact.ts";
import { gatherSignatures } from "../../src/capabilities/verify/gather-signatures.ts";
import { concatBytes } from "../../src/core/bytes/bytes.ts";
import { toHex } from "../../src/core/bytes/hex.ts";
import type { ClusterIdentity } from "../../src/core/correlate/world.ts";
import type { Estate } from "../../src/core/detect/estate.ts";
import { digestRefOf, sha256 } from "../../src/core/digest.ts";
import { leafJudge } from "../../src/core/entry/leaf-judge.ts";
import { toSigningEvent } from "../../src/core/entry/to-signing-event.ts";
import type { Identity } from "../../src/core/identity/identity.ts";
import type { SignerPolicy } from "../../src/core/policy/signer-policy.ts";
import { secret } from "../../src/core/secret.ts";
import { addMs, renderRfc3339, type UnixMs } from "../../src/core/time.ts";
import { batchOf } from "../../src/ports/stored-entry.contract.ts";
import { estatePolicy } from "./estate-policy.ts";
import { BUILDER, never, newTarget, type SignerWorld, type Target } from "./signer-world.ts";

const CLUSTER = "prod-eu";
const LOG = "rekor-private";
const NAMESPACE = BUILDER.namespace;
const RESOURCES = [...WATCHED_RESOURCES, chainsConfigIn("tekton-chains")];
/** Watching began long ago, and judging waits until every run has had time to claim its entries. */
const WATCHED_SINCE_MS = -6 * 3_600_000;
const JUDGED_AFTER_MS = 1_800_000;

/** A TaskRun as Tekton leaves it. */
export type PlayedRun = {
  readonly name: string;
  readonly account?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What it signed, which it lists in its results. */
  readonly signed?: SigningOutcome;
  readonly results?: Readonly<Record<string, string>>;
  /** Seconds from now. */
  readonly from?: number;
  readonly to?: number;
  readonly source?: { readonly uri: string; readonly digest: Readonly<Record<string, string>> };
};

export type SignAsked = {
  readonly target: Target;
  readonly account?: string;
  readonly predicate?: { readonly type: string; readonly body: object };
  /** Even where it is signed already, as one who does not look. */
  readonly anew?: boolean;
};

/** A cluster that is watched, in which an attack is played, and the estate as it is judged afterwards. */
export type Stage = {
  readonly api: ApiServer;
  readonly newImage: () => Promise<Target>;
  readonly sign: (asked: SignAsked) => Promise<SigningOutcome>;
  readonly run: (run: PlayedRun) => void;
  readonly put: (plural: string, object: { readonly metadata: object; readonly [field: string]: unknown }) => void;
  readonly remove: (plural: string, name: string) => void;
  /** A token as somebody asks the API server for it, which its audit log tells. */
  readonly requestToken: (token: string) => Promise<void>;
};

/** What is different of the installation that judges. */
export type Setting = {
  readonly clusters?: readonly ClusterIdentity[];
  readonly policyIssuer?: string;
  readonly windows?: readonly object[];
  readonly chains?: Identity;
};

/** Plays an attack while the cluster is watched over its API, and judges the estate half an hour later. */
export async function judgeAttack(
  world: SignerWorld,
  setting: Setting,
  play: (stage: Stage) => Promise<void>,
): Promise<Estate> {
  const audit: unknown[] = [];
  const api = await startApiServer({
    now: () => systemClock.now(),
    issueToken: world.issueToken,
    onAudit: (event) => audit.push(event),
  });
  const http = undiciHttpClient();
  try {
    const stores = {
      events: virtualEventStore(),
      clusters: virtualClusterStore(),
      signatures: virtualSignatureStore(),
    };
    const signed: SigningOutcome[] = [];
    const settle = await startWatching(api, http, stores.clusters);
    await play(stageOf(world, api, signed));
    await settle();
    await recordAudit({ clusters: stores.clusters, clock: systemClock })(CLUSTER, audit);
    await stores.events.commit(batchOf(0, entriesOf(world, signed)));
    return await judge(world, stores, setting);
  } finally {
    await http.close();
    await api.close();
  }
}

type Stores = {
  readonly events: ReturnType<typeof virtualEventStore>;
  readonly clusters: ReturnType<typeof virtualClusterStore>;
  readonly signatures: ReturnType<typeof virtualSignatureStore>;
};

async function startWatching(
  api: ApiServer,
  http: ReturnType<typeof undiciHttpClient>,
  store: Stores["clusters"],
): Promise<() => Promise<void>> {
  let skew = WATCHED_SINCE_MS;
  const clock = { ...systemClock, now: (): UnixMs => addMs(systemClock.now(), skew) };
  const token = { read: async () => secret(api.readerToken) };
  const session = { name: CLUSTER, server: api.url, http, clock: systemClock, random: systemRandom, token };
  const watch = watchResource({ cluster: kubernetesCluster(session), store, clock, random: systemRandom });
  const round = (): Promise<unknown> => Promise.all(RESOURCES.map((resource) => watch(resource, never)));
  await round();
  skew = 0;
  const watching = round();
  await vi.waitFor(() => {
    if (api.watches.count() < RESOURCES.length) throw new Error("not watching yet");
  });
  return async () => {
    api.watches.end();
    await watching;
  };
}

function stageOf(world: SignerWorld, api: ApiServer, signed: SigningOutcome[]): Stage {
  const put: Stage["put"] = (plural, object) => {
    const metadata = { namespace: NAMESPACE, ...object.metadata };
    api.objects.create(api.resource(plural), { ...object, metadata });
  };
  return {
    api,
    put,
    newImage: () => newTarget(world, "referrer"),
    remove: (plural, name) => void api.objects.remove(api.resource(plural), { namespace: NAMESPACE, name }),
    run: (run) => put("taskruns", taskRunOf(run)),
    sign: async ({ target, account = BUILDER.serviceAccount, predicate, anew }) => {
      const { attached, ...ports } = world.ports;
      const tokens = { read: async () => secret(world.issueToken({ ...BUILDER, serviceAccount: account })) };
      const job: SigningJob = predicate
        ? { kind: "attestation", image: target, predicateType: predicate.type, predicate: { ...predicate.body } }
        : { kind: "image", image: target };
      const outcome = await signArtifact({ ...ports, ...(attached && anew !== true && { attached }), tokens })(
        [job],
        never,
      );
      signed.push(outcome);
      return outcome;
    },
    requestToken: async (token) => {
      const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${BUILDER.serviceAccount}/token`;
      const body = JSON.stringify({ spec: { audiences: ["sigstore"], expirationSeconds: 600 } });
      const { status } = await fetch(api.url + path, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body,
      });
      if (status !== 201) throw new Error(`TokenRequest: ${status}`);
    },
  };
}

function taskRunOf({
  name,
  account = BUILDER.serviceAccount,
  annotations = {},
  signed,
  results = {},
  from = -30,
  to = 0,
  source,
}: PlayedRun) {
  const all = { ...results, ...(signed && receiptOf(signed)) };
  return {
    metadata: { name, uid: `uid-${name}`, annotations },
    spec: { serviceAccountName: account, taskRef: { name: "sign" } },
    status: {
      startTime: inSeconds(from),
      completionTime: inSeconds(to),
      podName: `${name}-pod`,
      conditions: [{ type: "Succeeded", status: "True" }],
      results: Object.entries(all).map(([key, value]) => ({ name: key, value })),
      ...(source && { provenance: { refSource: source } }),
    },
  };
}

function inSeconds(seconds: number): string {
  return renderRfc3339(addMs(systemClock.now(), seconds * 1000));
}

function receiptOf({ signatures, credentialId, certificate }: SigningOutcome): Readonly<Record<string, string>> {
  return {
    BUNDLE_DIGESTS: JSON.stringify(signatures.map(({ bytes }) => digestRefOf(bytes))),
    LOG_ENTRIES: JSON.stringify(
      signatures.map(({ bundle, reused }) => ({
        log: LOG,
        leaf: toHex(leafHashOf(bodyOf(bundle))),
        ...(reused && { reused }),
      })),
    ),
    CREDENTIAL_ID: credentialId ?? "",
    ...(certificate && { CERT: JSON.stringify({ serial: toHex(certificate.serial) }) }),
  };
}

function entriesOf({ ports }: SignerWorld, signed: readonly SigningOutcome[]) {
  const judgeLeaf = leafJudge(ports.domain.trust.cas);
  const made = signed.flatMap(({ signatures }) => signatures.filter(({ reused }) => !reused));
  return made.map(({ bundle }, logIndex) => {
    const body = bodyOf(bundle);
    const firstSeen = systemClock.now();
    return {
      event: toSigningEvent(
        { log: LOG, logIndex, leafHash: leafHashOf(body), body, seenBetween: {}, firstSeen },
        judgeLeaf,
      ),
      body,
    };
  });
}

function bodyOf({ entries }: SigningOutcome["signatures"][number]["bundle"]): Uint8Array {
  return entries[0]?.canonicalizedBody ?? new Uint8Array();
}

function leafHashOf(body: Uint8Array) {
  return sha256(concatBytes([Uint8Array.of(0), body]));
}

async function judge(world: SignerWorld, stores: Stores, setting: Setting): Promise<Estate> {
  const { registry } = world.ports;
  const { chains, policyIssuer = world.issuer } = setting;
  const own: ClusterIdentity = {
    cluster: CLUSTER,
    issuers: [world.issuer],
    audiences: ["sigstore"],
    ...(chains && { chains }),
  };
  const settings = {
    clusters: setting.clusters ?? [own],
    logUrls: [],
    policy: policyFor(world, setting, policyIssuer),
  };
  const learn = learnSignatures({
    registry,
    gatherSignatures: (image, signal) => gatherSignatures(registry, image, signal),
    ...stores,
    trusts: [world.ports.domain.trust],
    clock: systemClock,
  });
  await learn(imageTargets((await gatherWorld(stores, settings)).world), never);
  const clock = { ...systemClock, now: () => addMs(systemClock.now(), JUDGED_AFTER_MS) };
  return readEstate({ ...stores, clock }, settings)();
}

function policyFor({ host }: SignerWorld, { windows }: Setting, issuer: string): SignerPolicy {
  return estatePolicy({ images: `${host}/team/**`, issuer, ...(windows && { windows }) });
}

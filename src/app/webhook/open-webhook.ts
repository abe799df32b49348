import { undiciHttpClient } from "../../adapters/http/client.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { admit, type AdmitPorts } from "../../capabilities/admit/admit.ts";
import type { BytePool } from "../../capabilities/admit/byte-pool.ts";
import { pinImages } from "../../capabilities/admit/pin-images.ts";
import type { FindFacts } from "../../capabilities/admit/image-facts.ts";
import type { PolicyInForce } from "../../capabilities/admit/policy-in-force.ts";
import { recallFacts, type RecallFacts } from "../../capabilities/admit/recall-facts.ts";
import { Fault } from "../../core/fault.ts";
import type { DenyRule } from "../../core/policy/trust-policy.ts";
import type { UnixMs } from "../../core/time.ts";
import type { Config } from "../config/config.ts";
import { packageVersion } from "../package-version.ts";
import type { Log } from "../telemetry/log.ts";
import { openImageEvidence } from "../wiring/image-evidence.ts";
import { openCluster } from "../wiring/open-cluster.ts";
import { cacheFolderOf } from "../wiring/trust-source.ts";
import { checkDocuments } from "./check-documents.ts";
import type { GateMode } from "./gate-mode.ts";
import type { GatePolicy } from "./gate-policy.ts";
import { lastGood, type LastGood } from "./last-good.ts";
import type { PolicySigner } from "./policy-signature.ts";
import { readDenyConfigMap, readDenyRules } from "./read-deny-rules.ts";
import { loadPolicy } from "./load-policy.ts";
import { rootReader } from "./read-roots.ts";
import { storeReader } from "./read-stores.ts";
import { steadyClock, type SteadyClock } from "./steady-clock.ts";
import { openStrictRegistry } from "./strict-registry.ts";
import type { WebhookDeps } from "./webhook-handler.ts";
import { webhookMetrics } from "./webhook-metrics.ts";

export type WebhookOptions = {
  /** A file, or a folder of files; `policy.file` of the configuration unless given. */
  readonly policy?: string;
  /** Who must have signed the policy; anybody may have written it unless given. */
  readonly signer?: PolicySigner;
  /** A register of deny rules, as `policy`, or `configmap`: that of the cluster, by its API server; `policy.denyRules` unless given. */
  readonly denyRules?: string;
  /** The cluster whose API server asks; the only one of the configuration unless given. */
  readonly cluster?: string;
  readonly ownNamespace: string;
  readonly pinTemplates: boolean;
  /** What is done about a change of the policy's ConfigMap that loosens it; nothing unless given. */
  readonly gatePolicy?: GateMode;
};

/** Everything behind the webhook's endpoints. */
export type OpenWebhook = {
  readonly deps: WebhookDeps;
  /** What it judges by, for whoever judges the same outside a request. */
  readonly ports: AdmitPorts;
  /** Past every cache. */
  readonly find: FindFacts;
  readonly policy: LastGood<PolicyInForce>;
  readonly facts: RecallFacts;
  /** Decisions that were enforced and could not be kept. */
  readonly unrecorded: () => number;
  /** Of evidence; bodies of requests have a pool of their own. */
  readonly pool: BytePool;
  readonly close: () => Promise<void>;
};

/** Opens the webhook. Reads nothing yet: the first `policy.refresh` does. Faults: `policy.missing`, those of the configuration. */
export async function openWebhook(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
  options: WebhookOptions,
  log: Log,
): Promise<OpenWebhook> {
  const path = options.policy ?? config.policy.file;
  if (path === undefined) throw new Fault("policy.missing", "neither --policy nor policy.file");
  const http = undiciHttpClient();
  const { registry, close } = await openStrictRegistry(config, env);
  const clock = steadyClock(systemClock, () => performance.now());
  const tellClock = clockTeller(clock, log);
  const readRoots = rootReader(config, { http, clock, cacheFolder: cacheFolderOf(env) }, (root, fault) =>
    log("error", "root.refused", { root, fault: fault.id, about: fault.subject }),
  );
  const readStores = storeReader(config, (store, fault) =>
    log("error", "store.refused", { store, fault: fault.id, about: fault.subject }),
  );
  const cluster = options.cluster ?? (config.clusters.length === 1 ? (config.clusters[0]?.name ?? "") : "");
  const source = await openRegisterSource(config, env, { ...options, cluster });
  const register = keepRegister(source.read, log);
  const load = loadPolicy({
    config,
    path,
    cluster,
    readRoots,
    readStores,
    register: () => register.current() ?? [],
    ...(options.signer && { signer: options.signer }),
  });
  const policy = lastGood(async (asked) => {
    tellClock();
    const now = latest(asked, clock.now());
    // First, and by itself: what is denied is denied while the policy cannot be read.
    await register.refresh(now);
    return load(now);
  });
  // Without a register that was read once nobody knows what is denied.
  const inForce = (): PolicyInForce | undefined => (register.current() ? policy.current() : undefined);
  const evidence = openImageEvidence({ registry, clock, refused: ["loopback"] });
  const facts = recallFacts(evidence.find, clock);
  const versions = { engine: packageVersion(), tzdata: process.versions["tz"] ?? "" };
  const ports: AdmitPorts = { clock, registry, policy: inForce, facts, ...versions };
  let unrecorded = 0;
  const deps: WebhookDeps = {
    admit: admit(ports),
    pin: pinImages(ports),
    checkDocument: checkDocuments(config, systemClock, await openGate(config, options)),
    clock,
    elapsedMs: () => performance.now(),
    metrics: webhookMetrics(),
    record: (decision) => log("info", "admission.decided", { decision: JSON.stringify(decision) }),
    onUnrecorded: () => void (unrecorded += 1),
    ownNamespace: options.ownNamespace,
    pinTemplates: options.pinTemplates,
  };
  return {
    deps,
    ports,
    find: evidence.find,
    policy,
    facts,
    unrecorded: () => unrecorded,
    pool: evidence.pool,
    close: async () => {
      await Promise.all([close(), evidence.close(), source.close(), http.close()]);
    },
  };
}

/** Loaded where it is asked for: nobody else needs its memory. */
async function openGate(config: Config, { gatePolicy: mode }: WebhookOptions): Promise<GatePolicy | undefined> {
  return mode && (await import("./gate-policy.ts")).gatePolicy(config, mode);
}

/** A step that a synchronised clock does not make. */
const STEP_MS = 5_000;

/** Says once that the machine's clock was set back, and once more when it is set back again. */
function clockTeller(clock: SteadyClock, log: Log): () => void {
  let isTold = false;
  return () => {
    const behindMs = clock.behindMs();
    const isBehind = behindMs > STEP_MS;
    if (isBehind && !isTold) log("error", "clock.behind", { behindMs });
    isTold = isBehind;
  };
}

function latest(a: UnixMs, b: UnixMs): UnixMs {
  return a > b ? a : b;
}

type RegisterSource = { readonly read: () => Promise<readonly DenyRule[]>; readonly close: () => Promise<void> };

/** Where deny rules come from. Faults: `config.invalid`, where a cluster is meant that is not configured; those of opening it. */
async function openRegisterSource(
  { clusters, policy }: Config,
  env: Readonly<Record<string, string | undefined>>,
  { denyRules: from = policy.denyRules, cluster, ownNamespace }: WebhookOptions,
): Promise<RegisterSource> {
  if (from !== "configmap") {
    return { read: async () => (from === undefined ? [] : readDenyRules(from)), close: async () => undefined };
  }
  const named = clusters.find(({ name }) => name === cluster);
  if (!named) throw new Fault("config.invalid", `clusters: --deny-rules configmap is of cluster "${cluster ?? ""}"`);
  const { operator, close } = await openCluster(named, env);
  return { read: () => readDenyConfigMap(operator, ownNamespace), close };
}

/** The register of deny rules, of which the last good one stays; without one, an empty one. */
function keepRegister(read: RegisterSource["read"], log: Log): LastGood<readonly DenyRule[]> {
  const kept = lastGood(read);
  let told = "";
  return {
    ...kept,
    refresh: async (now) => {
      await kept.refresh(now);
      const { fault } = kept.failure() ?? {};
      if (fault && fault.message !== told) log("error", "deny.refused", { fault: fault.id, about: fault.subject });
      told = fault?.message ?? "";
    },
  };
}

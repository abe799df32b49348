import { undiciHttpClient } from "../../adapters/http/client.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { systemRandom } from "../../adapters/system/random.ts";
import { bytePool } from "../../capabilities/admit/byte-pool.ts";
import type { DigestRef } from "../../core/digest.ts";
import type { Fault } from "../../core/fault.ts";
import type { Config } from "../config/config.ts";
import type { Io } from "../io.ts";
import { renderExposition, type MetricFamily } from "../telemetry/exposition.ts";
import type { Log } from "../telemetry/log.ts";
import { pinoLog } from "../telemetry/pino-log.ts";
import { supervise, type Worker } from "../workers/supervise.ts";
import { openAuthenticator } from "../wiring/authenticator.ts";
import { serveAdmin, type AdminServer } from "./admin-server.ts";
import { serveHealth } from "./health-server.ts";
import { lastGood, type LastGood } from "./last-good.ts";
import { openWebhook, type OpenWebhook, type WebhookOptions } from "./open-webhook.ts";
import type { CertificateSource, ServingCertificate } from "./serving-certificate.ts";
import { webhookHandler } from "./webhook-handler.ts";
import { serveWebhook } from "./webhook-server.ts";
import { recentFaults, webhookStatus, type StatusParts } from "./webhook-status.ts";

export type HostPort = { readonly host: string; readonly port: number };

export type WebhookRun = WebhookOptions & {
  readonly listen: HostPort;
  readonly healthListen: HostPort;
  /** For whoever operates it; nobody is answered where there is none. */
  readonly adminListen?: HostPort;
  readonly certificate: CertificateSource;
  /** Told once both ports are open. */
  readonly onListening?: (ports: {
    readonly webhook: number;
    readonly health: number;
    readonly admin?: number;
    readonly caBundle: string;
  }) => void;
};

/** Bodies of requests in memory at a time (trust-policy chapter §6). */
const BODY_BYTES_MAX = 128 * 1024 * 1024;
/** A deny rule acts within five seconds; the files are looked at as often. */
const POLICY_EVERY_MS = 2_000;
const CERTIFICATE_EVERY_MS = 10_000;

/**
 * Serves admission until told to stop. It starts without a policy, too, and then refuses everything in scope: a process
 * that is not there says nothing to anybody. Faults: those of the first certificate and of listening.
 */
export async function runWebhook(
  io: Pick<Io, "out" | "signal" | "env">,
  config: Config,
  run: WebhookRun,
): Promise<void> {
  const faults = recentFaults(pinoLog(io.out, config.telemetry.logLevel), () => systemClock.now());
  const { log } = faults;
  const startedAt = systemClock.now();
  const opened = await openWebhook(config, io.env, run, log);
  const first = await run.certificate(systemClock.now());
  const pool = bytePool(BODY_BYTES_MAX);
  const server = await serveWebhook(webhookHandler(opened.deps), {
    ...run.listen,
    certificate: first,
    pool,
    onBug: (error) => log("error", "admission.broken", { about: error instanceof Error ? error.stack : String(error) }),
  });
  const users = [server.useCertificate];
  const certificate = servedCertificate(run, first, (pair) => useEverywhere(users, pair), log);
  const health = await serveHealth(
    {
      unready: () => (opened.ports.policy() ? undefined : "no trust policy is loaded"),
      metrics: () =>
        renderExposition([
          ...opened.deps.metrics.families(gaugesOf(opened, certificate, pool.taken())),
          unrecordedOf(opened),
        ]),
    },
    run.healthListen,
  );
  const parts = { opened, certificate, faults, startedAt };
  const admin = run.adminListen && (await openAdmin(config, { ...parts, first, listen: run.adminListen }));
  if (admin) users.push(admin.useCertificate);
  await Promise.all([refreshPolicy(opened, log), refreshCertificate(certificate, log)]);
  const ports = { health: health.port, ...(admin && { admin: admin.port }) };
  log("info", "server.started", { port: server.port, ...ports });
  run.onListening?.({ webhook: server.port, ...ports, caBundle: first.caBundle });
  const workers: readonly Worker[] = [
    every("policy", POLICY_EVERY_MS, () => refreshPolicy(opened, log)),
    every("certificate", CERTIFICATE_EVERY_MS, () => refreshCertificate(certificate, log)),
  ];
  try {
    await supervise({ clock: systemClock, random: systemRandom, log }, workers, io.signal);
  } finally {
    await Promise.all([server.close(), health.close(), admin?.close()]);
    await opened.close();
    log("info", "server.stopped");
  }
}

function useEverywhere(users: readonly ((pair: ServingCertificate) => void)[], pair: ServingCertificate): void {
  for (const use of users) use(pair);
}

type AdminParts = Omit<StatusParts, "now"> & { readonly first: ServingCertificate; readonly listen: HostPort };

async function openAdmin(config: Config, { first, listen, ...parts }: AdminParts): Promise<AdminServer> {
  const http = undiciHttpClient();
  const authenticator = await openAuthenticator(config.auth, { http, clock: systemClock });
  const admin = {
    status: () => webhookStatus({ ...parts, now: systemClock.now() }),
    forget: (digest: DigestRef) => {
      const forgotten = parts.opened.facts.forget(digest);
      parts.faults.log("info", "admission.forgotten", { digest, forgotten });
      return forgotten;
    },
  };
  const server = await serveAdmin(admin, { ...listen, authenticator, certificate: first });
  return { ...server, close: async () => void (await Promise.all([server.close(), http.close()])) };
}

function every(name: string, delayMs: number, work: () => Promise<void>): Worker {
  return {
    name,
    run: async (signal) => {
      while (!signal.aborted) {
        // oxlint-disable-next-line no-await-in-loop -- the wait is the point
        await systemClock.sleep(delayMs, signal);
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await work();
      }
    },
  };
}

async function refreshPolicy({ policy }: OpenWebhook, log: Log): Promise<void> {
  const before = policy.current();
  const failed = policy.failure()?.fault;
  await policy.refresh(systemClock.now());
  const now = policy.current();
  if (now && now !== before) {
    log("info", "policy.loaded", { name: now.set.name, revision: now.set.revision, hash: now.hash });
  }
  tellOnce(log, "policy.refused", failed, policy.failure()?.fault);
}

/** A failure that goes on is told when it begins, and when it changes. */
function tellOnce(
  log: Log,
  event: "policy.refused" | "certificate.refused",
  before: Fault | undefined,
  now: Fault | undefined,
): void {
  if (now && before?.message !== now.message) log("error", event, { fault: now.id, about: now.subject });
}

function servedCertificate(
  { certificate }: WebhookRun,
  first: ServingCertificate,
  use: (pair: ServingCertificate) => void,
  log: Log,
): LastGood<ServingCertificate> {
  let served = first;
  return lastGood(certificate, (found) => {
    if (found.certificate === served.certificate) return;
    served = found;
    use(found);
    log("info", "certificate.renewed", { notAfter: found.notAfter });
  });
}

async function refreshCertificate(certificate: LastGood<ServingCertificate>, log: Log): Promise<void> {
  const before = certificate.failure()?.fault;
  await certificate.refresh(systemClock.now());
  tellOnce(log, "certificate.refused", before, certificate.failure()?.fault);
}

function unrecordedOf({ unrecorded }: OpenWebhook): MetricFamily {
  return {
    name: "admission_unrecorded",
    type: "counter",
    help: "Decisions that were enforced and could not be kept.",
    samples: [{ labels: {}, value: unrecorded() }],
  };
}

function gaugesOf(opened: OpenWebhook, certificate: LastGood<ServingCertificate>, inflightBytes: number) {
  const now = systemClock.now();
  const policy = opened.policy.current();
  const { entries, bytes } = opened.facts.stats();
  return {
    cacheEntries: entries,
    cacheBytes: bytes,
    inflightBytes: inflightBytes + opened.pool.taken(),
    policyRevision: policy?.set.revision,
    policyLoadFailed: opened.policy.failure() !== undefined,
    certificateExpirySeconds: ((certificate.current()?.notAfter ?? now) - now) / 1000,
    rootExpired: Object.fromEntries([...(policy?.roots ?? [])].map(([name, { expired }]) => [name, expired ? 1 : 0])),
  };
}

import { rootOf, type PolicyInForce } from "../../capabilities/admit/policy-in-force.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { renderRfc3339, type UnixMs } from "../../core/time.ts";
import { packageVersion } from "../package-version.ts";
import type { Log, LogFields } from "../telemetry/log.ts";
import type { LastGood } from "./last-good.ts";
import type { OpenWebhook } from "./open-webhook.ts";
import type { ServingCertificate } from "./serving-certificate.ts";

/** The last things that went wrong, the newest first. */
export type RecentFaults = { readonly log: Log; readonly list: () => readonly JsonObject[] };

const FAULTS_MAX = 20;

/** A log that remembers what it was told as a warning or an error. */
export function recentFaults(log: Log, now: () => UnixMs): RecentFaults {
  const kept: JsonObject[] = [];
  return {
    log: (level, event, fields) => {
      log(level, event, fields);
      if (level !== "error" && level !== "warn") return;
      kept.unshift({ at: renderRfc3339(now()), event, ...shownFields(fields) });
      kept.length = Math.min(kept.length, FAULTS_MAX);
    },
    list: () => [...kept],
  };
}

function shownFields({ fault, about }: LogFields = {}): JsonObject {
  return { fault: fault === undefined ? null : String(fault), about: String(about ?? "").slice(0, 300) };
}

export type StatusParts = {
  readonly opened: OpenWebhook;
  readonly certificate: LastGood<ServingCertificate>;
  readonly faults: RecentFaults;
  readonly startedAt: UnixMs;
  readonly now: UnixMs;
};

/** What a webhook says of itself. */
export function webhookStatus({ opened, certificate, faults, startedAt, now }: StatusParts): JsonObject {
  const policy = opened.policy.current();
  const served = certificate.current();
  const { entries, bytes, underWay } = opened.facts.stats();
  return {
    asOf: renderRfc3339(now),
    version: packageVersion(),
    startedAt: renderRfc3339(startedAt),
    // Without a register of deny rules that was read once nothing runs either.
    ready: opened.ports.policy() !== undefined,
    policy: policy ? policyStatus(policy, opened.policy.loadedAt(), now) : null,
    policyFailure: failureOf(opened.policy),
    roots: [...(policy?.roots ?? [])].map(([name, { hash, expired }]) => ({ name, hash, expired })),
    missingRoots: policy ? missingRoots(policy) : [],
    certificate: served ? { notAfter: renderRfc3339(served.notAfter) } : null,
    certificateFailure: failureOf(certificate),
    cache: { verdicts: entries, bytes, underWay },
    faults: [...faults.list()],
  };
}

/** Domains that the policy stands under and whose root could not be had: nothing under them is satisfied. */
function missingRoots({ set, roots }: PolicyInForce): string[] {
  const named = Object.values(set.authorities).flatMap((authority) => rootOf(authority) ?? []);
  return [...new Set(named)].filter((name) => !roots.has(name)).toSorted();
}

function policyStatus(
  { set, hash, breakGlass, exceptions }: PolicyInForce,
  loadedAt: UnixMs | undefined,
  now: UnixMs,
): JsonObject {
  const open = breakGlass.filter(({ approved, created, ends }) => approved && now >= created && now < ends);
  return {
    name: set.name,
    revision: set.revision ?? null,
    hash,
    families: set.families.length,
    loadedAt: loadedAt === undefined ? null : renderRfc3339(loadedAt),
    exceptions: exceptions.filter(({ notBefore, ends }) => now >= notBefore && now < ends).length,
    breakGlass: open.map(({ name, namespaces, ends }) => ({
      name,
      namespaces: [...namespaces],
      ends: renderRfc3339(ends),
    })),
  };
}

function failureOf<T>(source: LastGood<T>): JsonObject | null {
  const failure = source.failure();
  return failure
    ? { fault: failure.fault.id, about: failure.fault.subject.slice(0, 300), since: renderRfc3339(failure.since) }
    : null;
}

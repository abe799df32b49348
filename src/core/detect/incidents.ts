import type { DigestRef } from "../digest.ts";
import type { LogName } from "../entry/signing-event.ts";
import type { UnixMs } from "../time.ts";
import type { NonEmpty } from "../verdict.ts";
import { SEVERITIES, type Finding, type Severity } from "./detector.ts";

/** Findings that belong together. */
export type Incident = {
  /** `inc-` and the id of its earliest finding: the same in every replay. */
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly at: UnixMs;
  readonly state: "open";
  /** `D01 family-signer`, each once. */
  readonly detectors: readonly string[];
  /** In order of weight, then time. */
  readonly sentences: readonly string[];
  readonly events: readonly { readonly log: LogName; readonly logIndex: number }[];
  readonly digests: readonly DigestRef[];
  readonly workloads: readonly string[];
  readonly findings: readonly Finding[];
};

/** An identity signs all day: its findings belong together only when they are near. A digest is one thing for ever. */
const IDENTITY_NEAR_MS = 6 * 3_600_000;
/** Detectors of behaviour; with a detector of facts beside them an incident weighs one class more. */
const STATISTICAL = /^S\d/;

/** Groups findings of medium severity and more into incidents, heaviest first. */
export function groupFindings(findings: readonly Finding[]): readonly Incident[] {
  const weighty = findings.filter(({ severity }) => weightOf(severity) >= weightOf("medium"));
  const groups = unite(weighty.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)));
  return groups.map(toIncident).toSorted(byRank);
}

function byRank(a: Incident, b: Incident): number {
  return (
    weightOf(b.severity) - weightOf(a.severity) ||
    b.detectors.length - a.detectors.length ||
    a.at - b.at ||
    (a.id < b.id ? -1 : 1)
  );
}

function toIncident(findings: NonEmpty<Finding>): Incident {
  const [first] = findings;
  const ranked = findings.toSorted((a, b) => weightOf(b.severity) - weightOf(a.severity) || a.at - b.at);
  const heaviest = ranked[0] ?? first;
  return {
    id: `inc-${first.id.slice(0, 8)}`,
    severity: severityOf(ranked),
    title: heaviest.title,
    at: first.at,
    state: "open",
    detectors: [...new Set(ranked.map(({ detector, name }) => `${detector} ${name}`))],
    sentences: [...new Set(ranked.map(({ sentence }) => sentence))],
    events: distinct(ranked.flatMap(({ events }) => events)),
    digests: distinct(ranked.flatMap(({ digests }) => digests)),
    workloads: distinct(ranked.flatMap(({ workloads }) => workloads)),
    findings,
  };
}

/** The heaviest; one class more when a fact and a behaviour agree. */
function severityOf(findings: readonly Finding[]): Severity {
  const weight = Math.max(...findings.map(({ severity }) => weightOf(severity)));
  const agree =
    findings.some(({ detector }) => STATISTICAL.test(detector)) &&
    findings.some(({ detector }) => !STATISTICAL.test(detector));
  return SEVERITIES[SEVERITIES.length - 1 - Math.min(weight + (agree ? 1 : 0), SEVERITIES.length - 1)] ?? "critical";
}

/** From 0 for info. */
export function weightOf(severity: Severity): number {
  return SEVERITIES.length - 1 - SEVERITIES.indexOf(severity);
}

/** Union-find over the keys that findings share. */
function unite(findings: readonly Finding[]): readonly NonEmpty<Finding>[] {
  const parent = findings.map((_, i) => i);
  const rootOf = (i: number): number => {
    const up = parent[i] ?? i;
    return up === i ? i : rootOf(up);
  };
  const latest = new Map<string, number>();
  for (const [i, { keys, at }] of findings.entries()) {
    for (const key of keys) {
      const before = latest.get(key);
      const other = before === undefined ? undefined : findings[before];
      const isNear = other !== undefined && (!key.startsWith("identity:") || at - other.at <= IDENTITY_NEAR_MS);
      if (before !== undefined && isNear) parent[rootOf(i)] = rootOf(before);
      latest.set(key, i);
    }
  }
  const groups = Map.groupBy(findings.entries(), ([i]) => rootOf(i));
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = group.map(([, finding]) => finding);
    return first ? [[first, ...others] as const] : [];
  });
}

function distinct<T>(items: readonly T[]): readonly T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

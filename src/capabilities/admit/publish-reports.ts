import {
  REPORT_KINDS,
  REPORT_LABELS,
  toPolicyReports,
  type PolicyReport,
  type ReportKind,
} from "../../core/admission/policy-report.ts";
import type { ReverifiedImage } from "../../core/admission/reverified.ts";
import { toWorkloadEvents } from "../../core/admission/workload-event.ts";
import { Fault } from "../../core/fault.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ClusterObject, ClusterResource } from "../../ports/cluster.ts";
import type { ClusterWriter } from "../../ports/cluster-writer.ts";

export type PublishPorts = { readonly writer: ClusterWriter; readonly clock: Pick<Clock, "now"> };

/** What came of telling a cluster. */
export type Published = {
  /** `undefined`: the cluster serves neither kind of report, so none was written. */
  readonly kind: ReportKind | undefined;
  readonly written: number;
  readonly removed: number;
  readonly events: number;
  /** What could not be told, as fault ids and subjects; the next call tries again. */
  readonly failed: readonly { readonly fault: string; readonly about: string }[];
};

/** Tells one cluster what the policy says of what runs there. */
export type PublishReports = {
  /** The reports and events of one namespace. */
  readonly namespace: (
    namespace: string,
    images: readonly ReverifiedImage[],
    signal: AbortSignal,
  ) => Promise<Published>;
  /** Removes our reports of namespaces where nothing runs any more. */
  readonly others: (namespaces: ReadonlySet<string>, signal: AbortSignal) => Promise<Published>;
};

const EVENTS: ClusterResource = { group: "", version: "v1", plural: "events" };
const RETRY_MS = 60_000;
const TOLD_MAX = 200_000;
/** A cluster that had neither kind of report may get one. */
const LOOK_AGAIN_MS = 300_000;

type Desk = {
  readonly kind: ReportKind | undefined;
  readonly lookedAt: number;
  /** By namespace and name, what is there of ours, as it was written; `undefined` text: by an earlier run. */
  readonly there: Map<string, string | undefined>;
};

/**
 * Publishes only what has changed. Failing to tell a cluster is said and repeated, and changes no verdict; it never throws
 * for what a cluster does.
 */
export function publishReports({ writer, clock }: PublishPorts): PublishReports {
  let desk: Desk | undefined;
  const refused = new Map<string, { readonly failed: Published["failed"]; readonly until: UnixMs }>();
  const told = new Map<string, string>();
  const openDesk = async (signal: AbortSignal): Promise<Desk> => {
    const isDue = desk === undefined || (desk.kind === undefined && clock.now() - desk.lookedAt >= LOOK_AGAIN_MS);
    if (isDue) desk = await lookAround(writer, clock.now(), signal);
    return desk ?? (await lookAround(writer, clock.now(), signal));
  };
  /** What fails is left alone for a while, and said to fail as long; one namespace does not hold up the next. */
  const unlessRefused = async (namespace: string, act: (tally: Tally) => Promise<void>): Promise<Published> => {
    const tally = newTally();
    const known = refused.get(namespace);
    if (known && clock.now() < known.until) return { ...tally, kind: desk?.kind, failed: known.failed };
    await act(tally);
    if (tally.failed.length === 0) refused.delete(namespace);
    else refused.set(namespace, { failed: tally.failed, until: addMs(clock.now(), RETRY_MS) });
    return tally;
  };
  return {
    namespace: (namespace, images, signal) =>
      unlessRefused(namespace, async (tally) => {
        await attempt(tally, async () => {
          const { kind, there } = await openDesk(signal);
          tally.kind = kind;
          if (kind) await writeReports({ writer, kind, there, tally }, { namespace, images }, signal);
        });
        await attempt(tally, async () => {
          // oxlint-disable-next-line no-await-in-loop -- one after the other: nobody is in a hurry
          for (const image of images) await tellEvents({ writer, clock, told, tally }, image, signal);
        });
      }),
    others: (namespaces, signal) =>
      unlessRefused("", (tally) =>
        attempt(tally, async () => {
          const { kind, there } = await openDesk(signal);
          tally.kind = kind;
          for (const key of there.keys()) {
            const [namespace = "", name = ""] = key.split("/");
            if (!kind || namespaces.has(namespace)) continue;
            // oxlint-disable-next-line no-await-in-loop -- as above
            await writer.remove(REPORT_KINDS[kind], { namespace, name }, signal);
            there.delete(key);
            tally.removed += 1;
          }
        }),
      ),
  };
}

type Tally = { -readonly [K in keyof Published]: Published[K] } & { failed: { fault: string; about: string }[] };

function newTally(): Tally {
  return { kind: undefined, written: 0, removed: 0, events: 0, failed: [] };
}

async function attempt(tally: Tally, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Fault) || !error.id.startsWith("cluster.")) throw error;
    tally.failed.push({ fault: error.id, about: error.subject });
  }
}

/** Which kind is served, the older one first since more dashboards read it, and what is there of ours. */
async function lookAround(writer: ClusterWriter, now: number, signal: AbortSignal): Promise<Desk> {
  for (const kind of ["wgpolicyk8s.io", "openreports.io"] as const) {
    // oxlint-disable-next-line no-await-in-loop -- the second only where the first is not served
    const found = await writer.labelled(REPORT_KINDS[kind], REPORT_LABELS, signal);
    if (found)
      return { kind, lookedAt: now, there: new Map(found.map((object) => [keyOf(object.metadata), undefined])) };
  }
  return { kind: undefined, lookedAt: now, there: new Map() };
}

function keyOf({ namespace, name }: ClusterObject["metadata"]): string {
  return `${String(namespace)}/${String(name)}`;
}

type Writing = {
  readonly writer: ClusterWriter;
  readonly kind: ReportKind;
  readonly there: Desk["there"];
  readonly tally: Tally;
};

async function writeReports(
  { writer, kind, there, tally }: Writing,
  { namespace, images }: { readonly namespace: string; readonly images: readonly ReverifiedImage[] },
  signal: AbortSignal,
): Promise<void> {
  const reports = toPolicyReports(kind, namespace, images);
  for (const report of reports) {
    const key = keyOf(report.metadata);
    const text = JSON.stringify(report);
    if (there.get(key) === text) continue;
    // oxlint-disable-next-line no-await-in-loop -- few parts, one after the other
    if ((await writer.apply(REPORT_KINDS[kind], report, signal)) === "written") {
      there.set(key, text);
      tally.written += 1;
    }
  }
  await removeSurplus({ writer, kind, there, tally }, namespace, reports, signal);
}

/** Parts of a time when more ran. */
async function removeSurplus(
  { writer, kind, there, tally }: Writing,
  namespace: string,
  reports: readonly PolicyReport[],
  signal: AbortSignal,
): Promise<void> {
  const wanted = new Set(reports.map(({ metadata }) => keyOf(metadata)));
  const surplus = [...there.keys()].filter((key) => key.startsWith(`${namespace}/`) && !wanted.has(key));
  for (const key of surplus) {
    // oxlint-disable-next-line no-await-in-loop -- few parts, one after the other
    await writer.remove(REPORT_KINDS[kind], { namespace, name: key.slice(namespace.length + 1) }, signal);
    there.delete(key);
    tally.removed += 1;
  }
}

type Telling = {
  readonly writer: ClusterWriter;
  readonly clock: Pick<Clock, "now">;
  /** By workload, what was last said. */
  readonly told: Map<string, string>;
  readonly tally: Tally;
};

/** An event when a verdict is new: what stays as it was is in the report, and told by it. */
async function tellEvents(
  { writer, clock, told, tally }: Telling,
  image: ReverifiedImage,
  signal: AbortSignal,
): Promise<void> {
  for (const event of toWorkloadEvents(image, clock.now())) {
    const key = `${event.involvedObject.uid} ${image.running.given} ${image.verdict.digest ?? ""}`;
    const said = `${event.reason} ${image.verdict.code} ${image.at}`;
    if (told.get(key) === said) continue;
    // oxlint-disable-next-line no-await-in-loop -- one after the other: nobody is in a hurry
    const outcome = await writer.create(EVENTS, event, signal);
    if (told.size >= TOLD_MAX) told.clear();
    told.set(key, said);
    if (outcome === "created") tally.events += 1;
  }
}

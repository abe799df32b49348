import { renderEventRef } from "../../core/entry/signing-event.ts";
import { Fault } from "../../core/fault.ts";
import type { UnixMs } from "../../core/time.ts";
import type { EventDetail } from "../http/contract.ts";
import { bothCovered, clusterCoverage, logCoverage } from "../http/coverage.ts";
import { toEventDetail } from "../http/to-json.ts";
import { describeAround, type Look } from "./look.ts";

/** One event, by `log/index`, with all that is known around it. Faults: `input.malformed`, `input.unknown`. */
export async function describeEvent({ queries }: Look, ref: string, now: UnixMs): Promise<EventDetail> {
  const [, log = "", digits = ""] = /^(.+)\/(\d{1,15})$/.exec(ref) ?? [];
  if (log === "") throw new Fault("input.malformed", `${ref}: log/index`);
  const found = await queries.events.event(log, Number(digits));
  if (!found) throw new Fault("input.unknown", `event ${ref}`);
  const { event } = found;
  const [context, workloads, positions] = await Promise.all([
    describeAround({ queries }, [event]),
    queries.workloads(),
    queries.events.positions(),
  ]);
  const range = { since: event.eventTime, until: now };
  return toEventDetail(found, {
    ...context,
    workloads: workloads.containers.filter(({ events }) => events.some((other) => renderEventRef(other) === ref)),
    coverage: bothCovered(logCoverage(positions, range), clusterCoverage(workloads.gaps, range)),
  });
}

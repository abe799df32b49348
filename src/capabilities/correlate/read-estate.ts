import { judgeEstate, type Estate } from "../../core/detect/estate.ts";
import { renderEventRef, type SigningEvent } from "../../core/entry/signing-event.ts";
import type { SignerPolicy } from "../../core/policy/signer-policy.ts";
import type { UnixMs } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventCursor, EventStore } from "../../ports/event-store.ts";
import { gatherWorld, type EstateNames, type WorldStores } from "./gather-world.ts";

export type EstatePorts = WorldStores & { readonly events: EventStore; readonly clock: Clock };
export type EstateSettings = EstateNames & { readonly policy?: SignerPolicy };

/** Which events to judge, by their time; half-open. Those that links name are judged too. */
export type Period = { readonly since?: UnixMs; readonly until?: UnixMs };

const PAGE_EVENTS = 500;

/** Gathers an estate from the stores and judges it. Nothing outside the stores is asked. */
export function readEstate(ports: EstatePorts, settings: EstateSettings): (period?: Period) => Promise<Estate> {
  return async (period = {}) => {
    const { world, owners } = await gatherWorld(ports, settings);
    const [imageSets, within] = await Promise.all([ports.signatures.imageSets(), gatherEvents(ports.events, period)]);
    const known = new Set(within.map(renderEventRef));
    const older = world.links.filter((link) => !known.has(renderEventRef(link)));
    const linked = await gatherLinked(ports.events, older);
    return judgeEstate({
      world,
      owners,
      imageSets,
      events: [...within, ...linked],
      ...(settings.policy && { policy: settings.policy }),
      asOf: ports.clock.now(),
    });
  };
}

/** All events of a period, whoever signed them: an untrusted certificate is a fact too. */
async function gatherEvents(store: EventStore, { since, until }: Period): Promise<readonly SigningEvent[]> {
  const found: SigningEvent[] = [];
  let cursor: EventCursor | undefined;
  do {
    // oxlint-disable-next-line no-await-in-loop -- each page names the next
    const page = await store.query({
      chain: "any",
      limit: PAGE_EVENTS,
      ...(since !== undefined && { since }),
      ...(until !== undefined && { until }),
      ...(cursor && { cursor }),
    });
    for (const event of page.events) found.push(event);
    cursor = page.next;
  } while (cursor);
  return found;
}

async function gatherLinked(
  store: EventStore,
  refs: readonly Pick<SigningEvent, "log" | "logIndex">[],
): Promise<readonly SigningEvent[]> {
  const distinct = new Map(refs.map((ref) => [renderEventRef(ref), ref]));
  const entries = await Promise.all([...distinct.values()].map(({ log, logIndex }) => store.event(log, logIndex)));
  return entries.flatMap((entry) => (entry ? [entry.event] : []));
}

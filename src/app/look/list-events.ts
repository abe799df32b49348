import type { DigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import type { UnixMs } from "../../core/time.ts";
import type { EventItem } from "../http/contract.ts";
import { parseCursor, renderCursor } from "../http/cursor.ts";
import { describeEvents, type Look } from "./look.ts";

/** Which events to list. Filters combine with "and"; times are half-open. */
export type EventListRequest = {
  readonly since?: UnixMs;
  readonly until?: UnixMs;
  readonly san?: string;
  readonly issuer?: string;
  readonly digest?: DigestRef;
  readonly log?: string;
  /** 1 … 500. */
  readonly limit: number;
  /** As the page before gave it. */
  readonly cursor?: string;
};

/** One page of events, newest first, with what is known of each. Faults: `input.malformed` for a cursor of other filters. */
export async function listEvents(
  look: Look,
  { cursor, ...filters }: EventListRequest,
): Promise<{ readonly items: readonly EventItem[]; readonly next?: string }> {
  const { san = "", issuer = "", digest = "", log = "" } = filters;
  const bound = { san, issuer, digest, log };
  const from = cursor === undefined ? undefined : parseCursor(cursor, bound);
  if (from && "problem" in from) throw new Fault("input.malformed", from.detail);
  const page = await look.queries.events.query({ ...filters, chain: "any", ...(from && { cursor: from }) });
  const items = await describeEvents(look, page.events);
  return { items, ...(page.next && { next: renderCursor(page.next, bound) }) };
}

import { addMs, type UnixMs } from "../time.ts";

/** `[since, until]`, both ends included; an absent end is still open. */
export type Span = { readonly since: UnixMs; readonly until?: UnixMs };

/** Finds what covers an instant without looking at everything: `covering(at)` in time order. */
export type SpanIndex<T> = { readonly covering: (at: UnixMs) => readonly T[] };

/**
 * Indexes spans by their start. `latestEnd[i]` is the latest end among the first `i + 1`: looking back from an instant stops
 * as soon as nothing earlier can reach it.
 */
export function indexSpans<T>(items: readonly T[], spanOf: (item: T) => Span | undefined): SpanIndex<T> {
  const spans = items
    .flatMap((item) => {
      const span = spanOf(item);
      return span ? [{ item, span }] : [];
    })
    .toSorted((a, b) => a.span.since - b.span.since);
  const latestEnd: number[] = [];
  for (const { span } of spans) latestEnd.push(Math.max(latestEnd.at(-1) ?? -Infinity, span.until ?? Infinity));

  return {
    covering: (at) => {
      const found: T[] = [];
      for (let i = countStarted(spans, at) - 1; i >= 0 && (latestEnd[i] ?? -Infinity) >= at; i--) {
        const entry = spans[i];
        if (entry && (entry.span.until === undefined || entry.span.until >= at)) found.push(entry.item);
      }
      return found.toReversed();
    },
  };
}

/** How many spans have begun at `at`: binary search over their starts. */
function countStarted(spans: readonly { readonly span: Span }[], at: UnixMs): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle]?.span.since ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Widens a span on both sides. */
export function widen(span: Span, beforeMs: number, afterMs: number): Span {
  return {
    since: addMs(span.since, -beforeMs),
    ...(span.until !== undefined && { until: addMs(span.until, afterMs) }),
  };
}

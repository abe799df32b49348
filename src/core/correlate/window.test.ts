import fc from "fast-check";
import { expect, test } from "vitest";
import type { UnixMs } from "../time.ts";
import { indexSpans, type Span } from "./window.ts";

test("covering finds what a look at every span finds, in order of start", () => {
  const spans = fc.array(
    fc
      .record({ since: fc.nat(50), length: fc.option(fc.nat(20), { nil: undefined }) })
      .map(({ since, length }): Span => ({
        since: since as UnixMs,
        ...(length !== undefined && { until: (since + length) as UnixMs }),
      })),
  );
  fc.assert(
    fc.property(spans, fc.nat(80), (items, at) => {
      const found = indexSpans(items, (span) => span).covering(at as UnixMs);
      const slow = items.filter(({ since, until }) => since <= at && (until === undefined || at <= until));
      expect(found).toEqual(slow.toSorted((a, b) => a.since - b.since));
    }),
  );
});

test("what has no span is never found", () => {
  expect(indexSpans([1], () => undefined).covering(0 as UnixMs)).toEqual([]);
});

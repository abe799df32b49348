import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { UnixMs } from "../time.ts";
import { judgeTimes, type TimeEvidence } from "./event-times.ts";

const at = (seconds: number): UnixMs => (1_790_000_000_000 + seconds * 1000) as UnixMs;
const integrated = (seconds: number): number => 1_790_000_000 + seconds;
const seen = (change: Partial<TimeEvidence> = {}): TimeEvidence => ({
  seenBetween: { lo: at(0), hi: at(60) },
  firstSeen: at(60),
  ...change,
});

describe("judgeTimes", () => {
  test.each<[string, TimeEvidence, UnixMs | undefined, object]>([
    [
      "a verified certificate",
      seen(),
      at(30),
      { eventTime: at(30), timeBasis: "not-before", signed: { lo: at(30), hi: at(60) } },
    ],
    [
      "neither certificate nor SET",
      seen(),
      undefined,
      { eventTime: at(60), timeBasis: "first-seen", signed: { hi: at(60) } },
    ],
    [
      "a SET alone",
      seen({ integratedTime: integrated(40) }),
      undefined,
      { eventTime: at(40), timeBasis: "integrated" },
    ],
    [
      "a SET, which is the nearer end",
      seen({ integratedTime: integrated(40) }),
      at(30),
      { logged: { lo: at(0), hi: at(40) }, signed: { lo: at(30), hi: at(40) } },
    ],
    ["no checkpoints", { seenBetween: {}, firstSeen: at(60) }, at(30), { logged: {}, signed: { lo: at(30) } }],
    ["T1 a SET just within the merge delay", seen({ integratedTime: integrated(-900) }), at(30), { flags: [] }],
    [
      "T1 a SET beyond it",
      seen({ integratedTime: integrated(-901) }),
      at(30),
      { flags: ["integrated-time-backdated"], logged: { lo: at(0), hi: at(60) } },
    ],
    ["T2 a SET just within two clocks", seen({ integratedTime: integrated(180) }), at(30), { flags: [] }],
    [
      "T2 a SET beyond them",
      seen({ integratedTime: integrated(181) }),
      at(30),
      { flags: ["integrated-time-future"], logged: { lo: at(0), hi: at(60) } },
    ],
    [
      "a certificate of before the log's key",
      seen({ validFrom: at(31) }),
      at(30),
      { eventTime: at(60), timeBasis: "first-seen", flags: ["time-out-of-range"] },
    ],
    [
      "a certificate of the next day",
      seen(),
      at(86_461),
      { eventTime: at(60), timeBasis: "first-seen", flags: ["time-out-of-range"] },
    ],
    ["a time beyond the calendar", seen({ integratedTime: 1e15 }), undefined, { timeBasis: "first-seen", flags: [] }],
    [
      "clocks that cross",
      seen({ seenBetween: { lo: at(50), hi: at(49) } }),
      at(60),
      { logged: { hi: at(49) }, signed: { hi: at(49) } },
    ],
  ])("of %s", (_, evidence, notBefore, expected) => {
    expect(judgeTimes(evidence, notBefore)).toMatchObject(expected);
  });

  test("never gives an interval that ends before it begins, nor a time that was not claimed or seen", () => {
    const anySeconds = fc.integer({ min: -100_000, max: 100_000 });
    const maybe = fc.option(anySeconds, { nil: undefined });
    fc.assert(
      fc.property(fc.tuple(maybe, maybe, maybe, maybe, maybe), ([lo, hi, claimed, from, notBefore]) => {
        const evidence = {
          seenBetween: { ...(lo !== undefined && { lo: at(lo) }), ...(hi !== undefined && { hi: at(hi) }) },
          firstSeen: at(0),
          ...(claimed !== undefined && { integratedTime: integrated(claimed) }),
          ...(from !== undefined && { validFrom: at(from) }),
        };
        const times = judgeTimes(evidence, notBefore === undefined ? undefined : at(notBefore));
        for (const interval of [times.signed, times.logged]) {
          expect((interval.lo ?? -Infinity) <= (interval.hi ?? Infinity)).toBe(true);
        }
        expect([at(0), at(claimed ?? 0), at(notBefore ?? 0)]).toContain(times.eventTime);
      }),
    );
  });
});

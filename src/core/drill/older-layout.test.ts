import { describe, expect, test } from "vitest";
import { DRILL_CASES } from "./cases.ts";
import { one } from "./drill-case.ts";
import { DRILL_BUILDER } from "./good.ts";
import { toOlderLayout } from "./older-layout.ts";
import type { EvidencePlan, Plan } from "./plan.ts";

describe("toOlderLayout", () => {
  test("writes a good signature with what that layout has, and asks for no more than a promise", () => {
    const older = toOlderLayout(one());
    expect(older?.evidence).toEqual([{ form: "legacy", entries: [{ log: "rekor1", proof: "none" }], stamps: [] }]);
    expect(older?.ask?.authorities?.[DRILL_BUILDER]).toMatchObject({ log: { proof: "promise" } });
  });

  test("keeps what a case is about", () => {
    const leaf = { isCa: true } as const;
    expect(toOlderLayout(one({ leaf, entries: [{ promise: "other-key" }] }))?.evidence).toMatchObject([
      { leaf, entries: [{ log: "rekor1", promise: "other-key" }] },
    ]);
  });

  test.each<[string, EvidencePlan, Partial<Plan>]>([
    ["a version of a bundle", { form: "0.2" }, {}],
    ["a timestamp", { stamps: [{ tsa: "foreign" }] }, {}],
    ["no time at all", { stamps: [] }, {}],
    ["two times that differ", { entries: [{ log: "rekor1", promisedMs: 1 }] }, {}],
    ["a proof", { entries: [{ proof: "neighbour" }] }, {}],
    ["a checkpoint", { entries: [{ checkpoint: "other-key" }] }, {}],
    ["a tiled log", { entries: [{ log: "rekor2" }], stamps: [] }, {}],
    ["no entry", { entries: [] }, {}],
    ["two entries", { entries: [{}, {}] }, {}],
    ["a statement that is none", { says: { payload: "not-json" } }, {}],
    ["a referrer", { place: "json-layer" }, {}],
    ["a lie about referrers", {}, { lie: "endless-pages" }],
  ])("says of %s that there is none", (_, evidence, more) => {
    expect(toOlderLayout(one(evidence, more))).toBeUndefined();
  });

  test("makes most cases that any registry will hold", () => {
    const made = DRILL_CASES.filter(
      ({ channel, trials }) => channel === "push" && trials.every(({ plan }) => toOlderLayout(plan)),
    );
    expect(made.length).toBeGreaterThan(45);
  });
});

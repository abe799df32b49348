import { expect, test } from "vitest";
import { event, T0, textDigest } from "../../../test/setup/signing-world.ts";
import { addMs, type UnixMs } from "../time.ts";
import { fail, pass } from "../verdict.ts";
import type { RunRef } from "./correlation.ts";
import { findOrphans, type JudgedEntry } from "./orphans.ts";

const RUN: RunRef = { cluster: "prod-eu", kind: "TaskRun", namespace: "payments-prod", name: "api-sign", uid: "u1" };
const PAYLOAD = textDigest("statement");

function entry(
  logIndex: number,
  of: { readonly at: UnixMs; readonly claimed: boolean; readonly payload?: string; readonly san?: string },
): JudgedEntry {
  const base = event({});
  const digests = [{ role: "data" as const, digest: textDigest(of.payload ?? "statement") }];
  const identities = base.identities.map((identity) => ({ ...identity, san: of.san ?? identity.san }));
  return {
    event: { ...base, logIndex, eventTime: of.at, digests, identities },
    correlation: {
      log: base.log,
      logIndex,
      grade: of.claimed ? "A" : "none",
      candidates: of.claimed ? [{ run: RUN, serviceAccount: "builder", grade: "A", evidence: [], conflicts: [] }] : [],
      reasons: [],
      gaps: [],
    },
    claimed: of.claimed ? pass : fail("run-missing", "no TaskRun lists this entry"),
  };
}

test("an unclaimed entry is an orphan when a run lists the same payload by the same identity soon after", () => {
  const entries = [entry(4, { at: T0, claimed: false }), entry(9, { at: addMs(T0, 300_000), claimed: true })];
  expect(findOrphans(entries)).toEqual(new Map([[`${event({}).log}/4`, RUN]]));
  expect(PAYLOAD).toBe(entries[0]?.event.digests[0]?.digest);
});

test.each<[string, Parameters<typeof entry>[1]]>([
  ["another payload", { at: addMs(T0, 300_000), claimed: true, payload: "other" }],
  [
    "another identity",
    { at: addMs(T0, 300_000), claimed: true, san: "https://kubernetes.io/namespaces/x/serviceaccounts/y" },
  ],
  ["a retry that nobody claims either", { at: addMs(T0, 300_000), claimed: false }],
  ["a run more than an hour later", { at: addMs(T0, 3_600_001), claimed: true }],
  [
    "a run that was before it: whoever signs again later is no cut-short attempt",
    { at: addMs(T0, -60_001), claimed: true },
  ],
])("it stays unclaimed with %s", (_, other) => {
  expect(findOrphans([entry(4, { at: T0, claimed: false }), entry(9, other)]).size).toBe(0);
});

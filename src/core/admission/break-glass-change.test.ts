import { describe, expect, test } from "vitest";
import type { BreakGlass } from "../policy/trust-policy.ts";
import { addMs, type UnixMs } from "../time.ts";
import { judgeBreakGlassChange } from "./break-glass-change.ts";

const NOW = 1_790_000_000_000 as UnixMs;
const HOUR_MS = 3_600_000;
const ASKED: BreakGlass = {
  name: "bg-1",
  reason: "the registry burns",
  ticket: "INC-1",
  namespaces: ["payments"],
  created: NOW,
  ends: addMs(NOW, HOUR_MS),
  requester: "ann",
  approved: false,
};
const OPEN: BreakGlass = { ...ASKED, approver: "bob", approved: true };

function judge(before: BreakGlass | undefined, after: BreakGlass | undefined, user: string, now = NOW) {
  return judgeBreakGlassChange({ before: before ? [before] : [], after: after ? [after] : [], user, now });
}

describe("judgeBreakGlassChange", () => {
  test.each<[string, BreakGlass | undefined, BreakGlass | undefined, string]>([
    ["one asks", undefined, ASKED, "ann"],
    ["another approves", ASKED, OPEN, "bob"],
    ["nothing changes, by anybody", OPEN, OPEN, "carol"],
    ["anybody ends it", OPEN, undefined, "carol"],
    ["anybody takes the approval back", OPEN, { ...OPEN, approved: false }, "carol"],
    ["anybody shortens it", OPEN, { ...OPEN, ends: addMs(NOW, 1000) }, "carol"],
  ])("lets pass that %s", (_, before, after, user) => {
    expect(judge(before, after, user)).toEqual([]);
  });

  test.each<[string, BreakGlass | undefined, BreakGlass, string, string]>([
    ["one asks in another's name", undefined, ASKED, "bob", "spec.requester must be who asks, bob"],
    ["nobody asks", undefined, { ...ASKED, requester: "" }, "", "spec.requester must be who asks, "],
    ["one asks and opens at once", undefined, OPEN, "ann", "a second person approves it, by an update"],
    [
      "one names the approver",
      undefined,
      { ...ASKED, approver: "bob" },
      "ann",
      "a second person approves it, by an update",
    ],
    [
      "it began yesterday",
      undefined,
      { ...ASKED, created: addMs(NOW, -24 * HOUR_MS) },
      "ann",
      "metadata.creationTimestamp must be now",
    ],
    [
      "it begins tomorrow",
      undefined,
      { ...ASKED, created: addMs(NOW, 24 * HOUR_MS) },
      "ann",
      "metadata.creationTimestamp must be now",
    ],
    ["it lasts five hours", undefined, { ...ASKED, ends: addMs(NOW, 5 * HOUR_MS) }, "ann", "lasts more than 4 hours"],
    ["the requester approves", ASKED, { ...OPEN, approver: "ann" }, "ann", "approver and requester are the same"],
    ["one approves in another's name", ASKED, OPEN, "ann", "spec.approver must be who approves, ann"],
    [
      "one widens what another approved",
      OPEN,
      { ...OPEN, namespaces: ["*"] },
      "ann",
      "only approved, approver and an earlier end may change; ask anew",
    ],
    [
      "the approver widens it",
      ASKED,
      { ...OPEN, namespaces: ["*"] },
      "bob",
      "only approved, approver and an earlier end may change; ask anew",
    ],
    [
      "one prolongs it",
      OPEN,
      { ...OPEN, ends: addMs(NOW, 2 * HOUR_MS) },
      "bob",
      "an end may only come earlier; ask anew",
    ],
    [
      "one changes who asked, to approve",
      ASKED,
      { ...OPEN, requester: "carol", approver: "ann" },
      "ann",
      "only approved, approver and an earlier end may change; ask anew",
    ],
    ["one changes who approved", OPEN, { ...OPEN, approver: "carol" }, "carol", "the approver cannot be another"],
    ["one puts an approver beside it", ASKED, { ...ASKED, approver: "bob" }, "ann", "an approver approves"],
  ])("refuses that %s", (...[, before, after, user, why]) => {
    expect(judge(before, after, user)).toContain(`BreakGlass bg-1: ${why}`);
  });

  test("refuses to approve what is over", () => {
    expect(judge(ASKED, OPEN, "bob", ASKED.ends)).toEqual(["BreakGlass bg-1: it is over; ask anew"]);
  });
});

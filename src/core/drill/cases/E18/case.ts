import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { asking } from "../../good.ts";

export const e18: DrillCase = pushed("E18", "witness quorum missed", "drill", [
  trial(
    one(
      { entries: [{ witnesses: "one" }] },
      { ask: asking({ log: { logs: [], proof: "inclusion", min: 1, witnesses: { of: ["w1", "w2"], quorum: 2 } } }) },
    ),
    refuse("witness-quorum"),
    "one of two",
  ),
  trial(
    one(
      { entries: [{ witnesses: "one-twice" }] },
      { ask: asking({ log: { logs: [], proof: "inclusion", min: 1, witnesses: { of: ["w1", "w2"], quorum: 2 } } }) },
    ),
    refuse("witness-quorum"),
    "one twice",
  ),
  trial(
    one(
      { entries: [{ witnesses: "of-other-checkpoint" }] },
      { ask: asking({ log: { logs: [], proof: "inclusion", min: 1, witnesses: { of: ["w1", "w2"], quorum: 2 } } }) },
    ),
    refuse("witness-quorum"),
    "of another checkpoint",
  ),
]);

import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { asking } from "../../good.ts";

export const e17: DrillCase = pushed("E17", "one log twice, `min: 2`", "drill", [
  trial(
    one({ entries: [{}, { body: "reordered" }] }, { ask: asking({ log: { logs: [], proof: "inclusion", min: 2 } }) }),
    refuse("entry-missing"),
    "two entries",
  ),
  trial(
    one({ entries: [{}, { again: true }] }, { ask: asking({ log: { logs: [], proof: "inclusion", min: 2 } }) }),
    refuse("entry-duplicate"),
    "the same entry",
  ),
]);

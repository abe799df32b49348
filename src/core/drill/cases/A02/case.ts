import { one, pushed, trial, ADMIT, type DrillCase } from "../../drill-case.ts";
import { asking } from "../../good.ts";

export const a02: DrillCase = pushed("A02", "good legacy", "drill", [
  trial(
    one(
      { form: "legacy", entries: [{ log: "rekor1", proof: "none" }], stamps: [] },
      { ask: asking({ log: { logs: [], proof: "promise", reason: "The older layout carries no proof.", min: 1 } }) },
    ),
    ADMIT,
  ),
]);

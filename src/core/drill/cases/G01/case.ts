import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { asking } from "../../good.ts";

export const g01: DrillCase = pushed("G01", "copied signature", "production", [
  trial(
    one(
      { form: "legacy", entries: [{ log: "rekor1", proof: "none" }], stamps: [], place: "other-image" },
      { ask: asking({ log: { logs: [], proof: "promise", reason: "The older layout carries no proof.", min: 1 } }) },
    ),
    refuse("payload-digest-mismatch"),
  ),
]);

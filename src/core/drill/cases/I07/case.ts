import { written, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const i07: DrillCase = written("I07", "two exceptions overlap; expired exception; self-approved", "production", [
  trial(
    { evidence: [], unmade: "about the text of a policy, which the drill puts to nobody yet" },
    refuse("TP607"),
    "overlap",
  ),
  trial(
    { evidence: [], unmade: "about the text of a policy, which the drill puts to nobody yet" },
    refuse("no-signature"),
    "expired",
  ),
  trial(
    { evidence: [], unmade: "about the text of a policy, which the drill puts to nobody yet" },
    refuse("TP601"),
    "self-approved",
  ),
]);

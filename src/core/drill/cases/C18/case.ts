import { written, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const c18: DrillCase = written("C18", "literal star", "production", [
  trial(
    { evidence: [], unmade: "about the text of a policy, which the drill puts to nobody yet" },
    refuse("identity-mismatch"),
  ),
]);

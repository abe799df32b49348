import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e10: DrillCase = pushed("E10", "empty proof in a large tree", "production", [
  trial(one({ entries: [{ proof: "claims-one" }] }), refuse("checkpoint-root-mismatch")),
]);

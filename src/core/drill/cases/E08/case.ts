import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e08: DrillCase = pushed("E08", "entry of another signature", "production", [
  trial(one({ entries: [{ body: "other-signature" }] }), refuse("entry-body-mismatch")),
]);

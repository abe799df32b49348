import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e04: DrillCase = pushed("E04", "integratedTime backdated", "production", [
  trial(one({ entries: [{ log: "rekor1", shownMs: -3_600_000 }], stamps: [] }), refuse("set-signature")),
]);

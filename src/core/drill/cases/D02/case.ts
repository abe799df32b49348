import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const d02: DrillCase = pushed("D02", "not yet valid", "drill", [
  trial(one({ stamps: [{ atMs: -20 * 60_000 }] }), refuse("cert-not-valid-at-time")),
]);

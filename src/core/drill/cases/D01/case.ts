import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const d01: DrillCase = pushed("D01", "expired leaf at signing", "drill", [
  trial(one({ stamps: [{ atMs: 20 * 60_000 }] }), refuse("cert-not-valid-at-time")),
]);

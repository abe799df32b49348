import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const f04: DrillCase = pushed("F04", "token over other bytes", "production", [
  trial(one({ stamps: [{ over: "other" }] }), refuse("tst-imprint")),
]);

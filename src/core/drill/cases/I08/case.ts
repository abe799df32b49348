import { one, served, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const i08: DrillCase = served("I08", "registry down, log key unknown, expired TUF, clock step", "drill", [
  trial({ evidence: [{}], lie: "down" }, refuse("registry-unreachable"), "registry"),
  trial(one({ entries: [{ log: "unknown" }] }), refuse("log-unknown"), "log key"),
  trial(one({}, { trust: "expired" }), refuse("root-expired"), "trusted root"),
  trial(
    one({ at: "2031-01-01T12:00:00Z" }, { ask: { time: { maxAgeMs: 30 * 86_400_000 } } }),
    refuse("clock-unsure"),
    "clock",
  ),
]);

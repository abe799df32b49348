import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const c05: DrillCase = pushed("C05", "valid under public root, family wants private", "production", [
  trial(one({ leaf: { ca: "public" }, entries: [{ log: "public" }], stamps: [] }), refuse("log-unknown")),
]);

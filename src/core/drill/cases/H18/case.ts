import { one, pushed, refuse, trial, ADMIT, type DrillCase } from "../../drill-case.ts";

export const h18: DrillCase = pushed("H18", "bundle v0.1 / v0.2 / unknown version", "drill", [
  trial(one({ form: "0.1", entries: [{ log: "rekor1" }] }), ADMIT, "0.1"),
  trial(one({ form: "0.2" }), ADMIT, "0.2"),
  trial(one({ form: "0.9" }), refuse("bundle-media-type"), "unknown"),
]);

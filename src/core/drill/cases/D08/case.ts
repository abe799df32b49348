import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const d08: DrillCase = pushed("D08", "bundle brings its own root", "production", [
  trial(one({ form: "0.2", leaf: { ca: "foreign" }, chain: "own-root" }), refuse("bundle-root-in-chain")),
]);

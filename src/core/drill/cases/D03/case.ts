import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const d03: DrillCase = pushed("D03", "expired intermediate at signing", "drill", [
  trial(one({ leaf: { ca: "ended" } }), refuse("cert-not-valid-at-time")),
]);

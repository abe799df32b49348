import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const d09: DrillCase = pushed("D09", "30-certificate chain", "production", [
  trial(one({ form: "0.2", chain: "thirty" }), refuse("too-many-certificates")),
]);

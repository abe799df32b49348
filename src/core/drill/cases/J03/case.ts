import { pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { published } from "../../good.ts";

export const j03: DrillCase = pushed("J03", "Notation: expiry passed", "drill", [
  trial(published({ expired: true }), refuse("notation-expired")),
]);

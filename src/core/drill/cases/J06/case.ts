import { pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { published } from "../../good.ts";

export const j06: DrillCase = pushed("J06", "Notation: unsigned `signingTime` old, no TSA, leaf expired", "drill", [
  trial(published({ certificate: "ended" }), refuse("cert-not-valid-at-time")),
]);

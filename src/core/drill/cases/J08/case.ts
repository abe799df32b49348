import { pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { published } from "../../good.ts";

export const j08: DrillCase = pushed("J08", "Notation: 1,000 signatures, memory", "production", [
  trial(published({ times: 1000, bytes: "flipped" }), refuse("too-many-candidates")),
]);

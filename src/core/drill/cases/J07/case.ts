import { pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { published } from "../../good.ts";

export const j07: DrillCase = pushed("J07", "Notation: JWS `alg: none`, HS256, key confusion", "drill", [
  trial(published({ algorithm: "none" }), refuse("notation-algorithm"), "none"),
  trial(published({ algorithm: "HS256" }), refuse("notation-algorithm"), "HS256"),
  trial(published({ algorithm: "PS256" }), refuse("notation-algorithm"), "confusion"),
]);

import { pushed, trial, ADMIT, type DrillCase } from "../../drill-case.ts";
import { published } from "../../good.ts";

export const a04: DrillCase = pushed("A04", "good Notation", "drill", [
  trial(published(), ADMIT, "JWS"),
  trial(published({ form: "cose" }), ADMIT, "COSE"),
]);

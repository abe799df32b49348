import { pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { published } from "../../good.ts";

export const j05: DrillCase = pushed("J05", "Notation: descriptor size or mediaType differs, digest right", "drill", [
  trial(published({ target: "other-size" }), refuse("subject-mismatch"), "size"),
  trial(published({ target: "other-type" }), refuse("subject-mismatch"), "media type"),
]);

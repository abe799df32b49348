import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const h08: DrillCase = pushed("H08", "wrong artifactType", "production", [
  trial(one({ place: "json-artifact" }), refuse("no-signature"), "manifest"),
  trial(one({ place: "json-layer" }), refuse("no-signature"), "layer"),
]);

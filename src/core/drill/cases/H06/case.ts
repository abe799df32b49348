import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const h06: DrillCase = pushed("H06", "child signed, index deployed", "production", [
  trial(one({ place: "child" }, { image: { shape: "index" } }), refuse("no-signature")),
]);

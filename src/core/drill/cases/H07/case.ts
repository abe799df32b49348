import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { signedBy } from "../../good.ts";

export const h07: DrillCase = pushed("H07", "index lists unsigned platform", "drill", [
  trial(
    one(
      { place: "one-platform" },
      { image: { shape: "index" }, ask: { require: { ...signedBy(), on: "everyPlatform" } } },
    ),
    refuse("platform-uncovered", "no-signature"),
  ),
]);

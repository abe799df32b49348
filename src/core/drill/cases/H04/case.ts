import { served, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { signedBy } from "../../good.ts";

export const h04: DrillCase = served("H04", "ambiguous manifest", "production", [
  trial(
    {
      evidence: [{ place: "index" }, { place: "child" }, { place: "second-child" }],
      image: { shape: "index", manifest: "ambiguous" },
      lie: "odd-manifest",
      ask: { require: { op: "all", of: [signedBy(), { ...signedBy(), on: "everyPlatform" }] } },
    },
    refuse("manifest-ambiguous"),
  ),
]);

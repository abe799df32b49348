import { served, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { asking } from "../../good.ts";

export const h10: DrillCase = served("H10", "5,000 layers in `.sig` / 10,000 referrers / endless pages", "production", [
  trial(
    {
      evidence: [],
      lie: "many-layers",
      ask: asking({ log: { logs: [], proof: "promise", reason: "The older layout carries no proof.", min: 1 } }),
    },
    refuse("too-many-candidates"),
    "layers",
  ),
  trial({ evidence: [], lie: "many-referrers" }, refuse("too-many-candidates", "too-large"), "referrers"),
  trial({ evidence: [], lie: "endless-pages" }, refuse("too-many-candidates", "too-large"), "pages"),
]);

import { served, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { signedBy } from "../../good.ts";

export const h02: DrillCase = served("H02", "body is not the digest", "production", [
  trial({ evidence: [{}], lie: "other-manifest" }, refuse("digest-mismatch"), "the signature's manifest"),
  trial({ evidence: [{}], lie: "other-blob" }, refuse("digest-mismatch"), "the signature's bundle"),
  trial(
    {
      evidence: [{ place: "index" }, { place: "child" }, { place: "second-child" }],
      lie: "other-index",
      image: { shape: "index" },
      ask: { require: { ...signedBy(), on: "everyPlatform" } },
    },
    refuse("digest-mismatch"),
    "the index",
  ),
]);

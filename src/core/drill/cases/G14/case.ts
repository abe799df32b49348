import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { signedBy } from "../../good.ts";

export const g14: DrillCase = pushed("G14", "duplicate JSON keys", "drill", [
  trial(one({ says: { payload: "subject-twice" } }), refuse("json-duplicate-key"), "statement"),
  trial(one({ bytes: "digest-twice" }), refuse("json-duplicate-key"), "bundle"),
  trial(
    {
      evidence: [{ place: "index" }, { place: "child" }, { place: "second-child" }],
      image: { shape: "index", manifest: "key-twice" },
      lie: "odd-manifest",
      ask: { require: { op: "all", of: [signedBy(), { ...signedBy(), on: "everyPlatform" }] } },
    },
    refuse("json-duplicate-key", "manifest-invalid"),
    "manifest",
  ),
]);

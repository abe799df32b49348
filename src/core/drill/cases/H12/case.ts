import { served, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const h12: DrillCase = served("H12", "gzip bomb layer, `Content-Encoding: gzip`", "production", [
  trial(
    { evidence: [{}], lie: "gzip-bomb" },
    refuse("digest-mismatch", "too-large", "registry-unreachable", "manifest-invalid"),
  ),
]);

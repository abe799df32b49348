import { served, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const h13: DrillCase = served("H13", "redirect to 169.254.169.254, to http, to another host", "production", [
  trial(
    { evidence: [{}], lie: "redirect-link-local" },
    refuse("registry-refused", "registry-unreachable"),
    "link-local",
  ),
  trial({ evidence: [{}], lie: "redirect-manifest" }, refuse("registry-refused"), "manifest"),
  trial({ evidence: [{}], lie: "redirect-blob" }, refuse("registry-refused", "registry-unreachable"), "another host"),
]);

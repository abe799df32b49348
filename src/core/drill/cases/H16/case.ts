import { reviewed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const h16: DrillCase = reviewed("H16", "digest path tricks", "production", [
  trial(
    {
      evidence: [{}],
      reference: ({ image }) => image.replace(/@.*$/, "@sha256:../../../../etc/passwd"),
    },
    refuse("ref-invalid"),
    "path",
  ),
  trial(
    {
      evidence: [{}],
      reference: ({ image }) => image.replace(/@.*$/, `@sha256:${"AB".repeat(32)}`),
    },
    refuse("ref-invalid"),
    "upper case",
  ),
  trial(
    {
      evidence: [{}],
      reference: ({ image }) => image.replace(/@.*$/, "@sha256+b64:q83vq83vq83vq83vq83vq83vq83vq83vq83vq83vq80"),
    },
    refuse("ref-invalid"),
    "other algorithm",
  ),
]);

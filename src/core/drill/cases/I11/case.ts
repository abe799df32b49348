import { container, podReview } from "../../review.ts";
import { reviewed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const i11: DrillCase = reviewed("I11", "forged result annotation", "production", [
  trial(
    {
      evidence: [{}],
      review: ({ unsigned }) =>
        podReview(
          { containers: [container(unsigned)] },
          { annotations: { "kyverno.io/verify-images": JSON.stringify({ [unsigned]: "pass" }) } },
        ),
    },
    refuse("no-signature"),
    "of Kyverno",
  ),
  trial(
    {
      evidence: [{}],
      review: ({ unsigned }) =>
        podReview(
          { containers: [container(unsigned)] },
          { annotations: { "images.countersign.dev/verdict": "allowed" } },
        ),
    },
    refuse("no-signature"),
    "ours",
  ),
]);

import { container, podReview } from "../../review.ts";
import { reviewed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const i06: DrillCase = reviewed("I06", "audit mode of namespace by label", "production", [
  trial(
    {
      evidence: [{}],
      review: ({ unsigned }) =>
        podReview(
          { containers: [container(unsigned)] },
          { labels: { "policy.sigstore.dev/include": "false", "images.countersign.dev/skip": "true" } },
        ),
    },
    refuse("no-signature"),
    "label",
  ),
  trial(
    {
      evidence: [{}],
      review: ({ unsigned }) =>
        podReview({ containers: [container(unsigned)] }, { annotations: { "images.countersign.dev/mode": "audit" } }),
    },
    refuse("no-signature"),
    "annotation",
  ),
]);

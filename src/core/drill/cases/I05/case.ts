import { container, podReview } from "../../review.ts";
import { reviewed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const i05: DrillCase = reviewed("I05", "tag pinned by mutation, sidecar added later", "production", [
  trial(
    {
      evidence: [{}],
      review: ({ image }) =>
        podReview({ containers: [container(image), container(image.replace(/@.*$/, ":v1"), "sidecar")] }),
    },
    refuse("ref-not-pinned"),
  ),
]);

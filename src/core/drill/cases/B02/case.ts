import { container, podReview } from "../../review.ts";
import { reviewed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const b02: DrillCase = reviewed("B02", "unsigned, image in an init container", "production", [
  trial(
    {
      evidence: [{}],
      review: ({ image, unsigned }) =>
        podReview({ containers: [container(image)], initContainers: [container(unsigned, "init")] }),
    },
    refuse("no-signature"),
  ),
]);

import { container, podReview } from "../../review.ts";
import { reviewed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const b04: DrillCase = reviewed("B04", "unsigned image volume", "production", [
  trial(
    {
      evidence: [{}],
      review: ({ image, unsigned }) =>
        podReview({ containers: [container(image)], volumes: [{ name: "data", image: { reference: unsigned } }] }),
    },
    refuse("no-signature"),
  ),
]);

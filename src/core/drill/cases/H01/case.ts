import { container, podReview } from "../../review.ts";
import { served, trial, ADMIT, type DrillCase } from "../../drill-case.ts";

export const h01: DrillCase = served("H01", "tag moved between resolve and pull", "production", [
  trial(
    {
      evidence: [{}],
      lie: "tag-moves",
      image: { tagged: true },
      resolve: true,
      reference: ({ tagged }) => tagged,
      review: ({ tagged }) => podReview({ containers: [container(tagged)] }),
    },
    ADMIT,
  ),
]);

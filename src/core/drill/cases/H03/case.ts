import { container, renderReviewRequest, workload } from "../../review.ts";
import { served, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const h03: DrillCase = served("H03", "header digest lies", "production", [
  trial(
    {
      evidence: [{}],
      lie: "header-digest",
      image: { tagged: true },
      reference: ({ tagged }) => tagged,
      review: ({ tagged }) =>
        renderReviewRequest({
          kind: "Deployment",
          object: workload("Deployment", { containers: [container(tagged)] }),
        }),
    },
    refuse("digest-mismatch"),
  ),
]);

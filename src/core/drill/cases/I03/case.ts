import { container, renderReviewRequest, workload } from "../../review.ts";
import { reviewed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const i03: DrillCase = reviewed("I03", "dry run of a bad image", "production", [
  trial(
    {
      evidence: [{}],
      review: ({ unsigned }) =>
        renderReviewRequest({
          kind: "Pod",
          object: workload("Pod", { containers: [container(unsigned)] }),
          dryRun: true,
        }),
    },
    refuse("no-signature"),
  ),
]);

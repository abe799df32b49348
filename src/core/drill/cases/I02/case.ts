import { container, renderReviewRequest, workload } from "../../review.ts";
import { reviewed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const i02: DrillCase = reviewed("I02", "replicas lowered + image changed", "production", [
  trial(
    {
      evidence: [{}],
      review: ({ image, unsigned }) =>
        renderReviewRequest({
          kind: "Deployment",
          operation: "UPDATE",
          oldObject: {
            ...workload("Deployment", {}),
            spec: { replicas: 3, template: { spec: { containers: [container(image)] } } },
          },
          object: {
            ...workload("Deployment", {}),
            spec: { replicas: 2, template: { spec: { containers: [container(unsigned)] } } },
          },
        }),
    },
    refuse("no-signature"),
  ),
]);

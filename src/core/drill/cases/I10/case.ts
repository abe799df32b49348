import { container, podReview, renderReviewRequest, workload } from "../../review.ts";
import { reviewed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const i10: DrillCase = reviewed("I10", "malformed review", "production", [
  trial(
    {
      evidence: [{}],
      review: ({ image }) =>
        renderReviewRequest({ kind: "Pod", object: workload("Pod", { containers: [container(image)] }) }, { uid: 7 }),
    },
    refuse("http-400"),
    "no uid",
  ),
  trial(
    {
      evidence: [{}],
      review: ({ image }) =>
        podReview({ containers: [container(image)] }).replace("admission.k8s.io/v1", "admission.k8s.io/v1beta1"),
    },
    refuse("http-400"),
    "v1beta1",
  ),
  trial({ evidence: [], review: () => renderReviewRequest({ kind: "Pod" }) }, refuse("http-400"), "no object"),
  trial(
    {
      evidence: [{}],
      review: ({ image }) =>
        podReview({ containers: [container(image)] }, { annotations: { large: "x".repeat(20_000_000) } }),
    },
    refuse("http-400"),
    "20 MB",
  ),
]);

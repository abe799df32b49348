import { container, podReview } from "../../review.ts";
import { reviewed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const b06: DrillCase = reviewed("B06", "unmatched registry", "production", [
  trial(
    { evidence: [{}], review: ({ elsewhere }) => podReview({ containers: [container(elsewhere)] }) },
    refuse("no-family"),
  ),
]);

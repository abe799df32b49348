import { container, podUpdate } from "../../review.ts";
import { reviewed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const i01: DrillCase = reviewed("I01", "`deletionTimestamp` set + image changed", "production", [
  trial(
    {
      evidence: [{}],
      review: ({ image, unsigned }) =>
        podUpdate(
          { containers: [container(image)] },
          { containers: [container(unsigned)] },
          { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 3600 } },
        ),
    },
    refuse("no-signature"),
  ),
]);

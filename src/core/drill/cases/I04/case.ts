import { container, podUpdate } from "../../review.ts";
import { reviewed, trial, ADMIT, type DrillCase } from "../../drill-case.ts";

export const i04: DrillCase = reviewed("I04", "UPDATE, image unchanged but no longer allowed", "production", [
  trial(
    {
      evidence: [{}],
      review: ({ unsigned }) =>
        podUpdate(
          { containers: [container(unsigned)] },
          { containers: [container(unsigned)] },
          { metadata: { labels: { changed: "yes" } } },
        ),
    },
    ADMIT,
  ),
]);

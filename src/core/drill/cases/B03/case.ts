import { container, podUpdate } from "../../review.ts";
import { reviewed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const b03: DrillCase = reviewed("B03", "unsigned ephemeral container", "production", [
  trial(
    {
      evidence: [{}],
      review: ({ image, unsigned }) =>
        podUpdate(
          { containers: [container(image)] },
          { containers: [container(image)], ephemeralContainers: [container(unsigned, "debug")] },
          { subResource: "ephemeralcontainers" },
        ),
    },
    refuse("no-signature"),
  ),
]);

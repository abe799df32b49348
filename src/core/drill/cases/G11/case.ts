import { pushed, trial, ADMIT, type DrillCase } from "../../drill-case.ts";
import { attested, attestedBy, SLSA } from "../../good.ts";

export const g11: DrillCase = pushed("G11", "two attestations, one fails", "drill", [
  trial(
    {
      evidence: [
        { says: attested(SLSA, { runDetails: { builder: { id: "https://evil.drill.example" } } }) },
        { says: attested(SLSA, { runDetails: { builder: { id: "https://tekton.dev/chains/v2" } } }) },
      ],
      ask: {
        require: {
          ...attestedBy(SLSA),
          where: [
            {
              at: ["predicate", "runDetails", "builder", "id"],
              every: false,
              test: { kind: "is", value: "https://tekton.dev/chains/v2" },
            },
          ],
        },
      },
    },
    ADMIT,
  ),
]);

import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { attested, attestedBy, SLSA } from "../../good.ts";

export const g10: DrillCase = pushed("G10", "right type, failing condition", "drill", [
  trial(
    one(
      { says: attested(SLSA, { runDetails: { builder: { id: "https://evil.drill.example" } } }) },
      {
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
    ),
    refuse("predicate-condition"),
  ),
]);

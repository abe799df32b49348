import { pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { builder, identityOfBuilder, signedBy, DRILL_SAN } from "../../good.ts";

export const g16: DrillCase = pushed("G16", "threshold by one signer", "drill", [
  trial(
    {
      evidence: [{}, {}],
      ask: {
        authorities: {
          "drill-scanner": builder({
            identities: [
              identityOfBuilder({ san: { kind: "exact", text: DRILL_SAN.replace("builder", "scanner"), type: "uri" } }),
            ],
          }),
        },
        require: { op: "atLeast", n: 2, of: [signedBy(), signedBy("drill-scanner")] },
      },
    },
    refuse("threshold-not-met"),
  ),
]);

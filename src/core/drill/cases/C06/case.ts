import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { uri, asking, identityOfBuilder, DRILL_SAN } from "../../good.ts";

export const c06: DrillCase = pushed("C06", "SAN with prefix", "drill", [
  trial(one({ leaf: { names: [uri(`evil${DRILL_SAN}`)] } }), refuse("identity-mismatch"), "exact"),
  trial(
    one(
      { leaf: { names: [uri(`evil${DRILL_SAN}`)] } },
      {
        ask: asking({
          identities: [
            identityOfBuilder({
              san: {
                kind: "pattern",
                pattern: "^https://kubernetes\\.io/namespaces/payments-prod/serviceaccounts/[a-z]+$",
                type: "uri",
              },
            }),
          ],
        }),
      },
    ),
    refuse("identity-mismatch"),
    "expression",
  ),
]);

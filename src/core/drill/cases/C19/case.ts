import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { uri, asking, identityOfBuilder, DRILL_SAN } from "../../good.ts";

export const c19: DrillCase = pushed("C19", "expressions ignored", "production", [
  trial(
    one(
      { leaf: { names: [uri(`${DRILL_SAN}-`)] } },
      {
        ask: asking({
          identities: [
            identityOfBuilder({
              san: {
                kind: "pattern",
                pattern: "^https://kubernetes\\.io/namespaces/payments-prod/serviceaccounts/builder-[a-z]+$",
                type: "uri",
              },
            }),
          ],
        }),
      },
    ),
    refuse("identity-mismatch"),
  ),
]);

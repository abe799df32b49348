import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { uri, asking, identityOfBuilder, DRILL_SAN } from "../../good.ts";

export const c12: DrillCase = pushed("C12", "homoglyph / NFC", "drill", [
  trial(
    one({ leaf: { names: [uri(DRILL_SAN.replace("payments", "рayments"))] } }),
    refuse("identity-mismatch", "san-syntax"),
    "homoglyph",
  ),
  trial(
    one(
      { leaf: { names: [{ type: "other-name", value: "jose\u0301@drill" }] } },
      {
        ask: asking({
          identities: [identityOfBuilder({ san: { kind: "exact", text: "jos\u00e9@drill", type: "other-name" } })],
        }),
      },
    ),
    refuse("identity-mismatch"),
    "decomposed",
  ),
]);

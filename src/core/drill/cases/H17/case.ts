import { one, pushed, refuse, trial, ADMIT, type DrillCase } from "../../drill-case.ts";
import { instant } from "../../good.ts";

export const h17: DrillCase = pushed("H17", "rollback of a tag", "drill", [
  trial(one({ at: "2025-11-10T12:00:00Z" }, { image: { tagged: true } }), ADMIT, "no rule"),
  trial(
    one(
      { at: "2025-11-10T12:00:00Z" },
      { image: { tagged: true }, ask: { time: { notBefore: instant("2025-12-01T00:00:00Z") } } },
    ),
    refuse("signed-too-early"),
    "notBefore",
  ),
]);

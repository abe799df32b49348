import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { uri, DRILL_SAN } from "../../good.ts";

export const c08: DrillCase = pushed("C08", "SAN holds newline + good SAN", "drill", [
  trial(one({ leaf: { names: [uri(`x\n${DRILL_SAN}`)] } }), refuse("identity-mismatch", "san-syntax")),
]);

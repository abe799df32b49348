import { one, refuse, trial, written, type DrillCase } from "../../drill-case.ts";
import { asking, identityOfBuilder } from "../../good.ts";

/** Exact, and so nobody's: there is no signer of that name. */
const STAR = identityOfBuilder({ san: { kind: "exact", text: "*", type: "uri" } });

export const c18: DrillCase = written("C18", "literal star", "production", [
  trial(one({}, { ask: asking({ identities: [STAR] }), text: () => [] }), refuse("identity-mismatch", "TP207")),
]);

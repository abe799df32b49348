import { pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { published } from "../../good.ts";

export const j02: DrillCase = pushed("J02", "Notation: revoked leaf; CRL unreachable", "drill", [
  trial(published({ certificate: "revoked" }), refuse("notation-revoked"), "revoked"),
  trial(published({ certificate: "list-unreachable" }), refuse("notation-revocation-unknown"), "unreachable"),
]);

/** The code of a finding: stable, never renamed or reused. */
export type GateCode =
  | "GP001"
  | "GP002"
  | "GP003"
  | "GP004"
  | "GP005"
  | "GP006"
  | "GP007"
  | "GP010"
  | "GP011"
  | "GP012"
  | "GP013"
  | "GP014"
  | "GP020"
  | "GP021"
  | "GC001"
  | "GC002"
  | "GC003"
  | "GC004"
  | "GC005"
  | "GC006"
  | "GI001"
  | "GI002"
  | "GI003"
  | "GI004"
  | "GI005"
  | "GI006"
  | "GI007"
  | "GI008"
  | "GS001"
  | "GS002"
  | "GS003"
  | "GS004"
  | "GS005"
  | "GS006"
  | "GS007"
  | "GS008"
  | "GS009"
  | "GS010"
  | "GS011"
  | "GS012"
  | "GS013"
  | "GS014"
  | "GS015"
  | "GS016"
  | "GS017";

/** Every code that the gate can report, with its title: policies GP, configuration GC, identities GI, signing GS (change-gate chapter §2.1, 4, 5). */
export const GATE_CODES: Readonly<Record<GateCode, string>> = {
  GP001: "signer set wider",
  GP002: "trust root or key added, replaced, or its window extended",
  GP003: "evidence requirement dropped",
  GP004: "strength of evidence lowered",
  GP005: "mode no longer denies",
  GP006: "coverage changed so that an image falls to a weaker rule",
  GP007: "opaque predicate changed",
  GP010: "fails open",
  GP011: "webhook reaches less",
  GP012: "engine, policy object or webhook removed",
  GP013: "unmatched default opened",
  GP014: "exception, skip list or exclusion wider or longer",
  GP020: "object does not parse, or is not valid",
  GP021: "reference not resolvable in the tree",
  GC001: "gate configuration, owners, register or waiver changed in head",
  GC002: "unrendered source for a system",
  GC003: "waiver unused",
  GC004: "policy-looking file outside include",
  GC005: "waiver invalid",
  GC006: "budget stop",
  GI001: "policy accepts an identity that nobody manages",
  GI002: "identity accepted outside its images or families",
  GI003: "pipeline signs with an unmanaged, retiring or revoked identity",
  GI004: "RBAC grants use of a managed identity",
  GI005: "Fulcio configuration trusts more",
  GI006: "register entry removed while in use",
  GI007: "register entry disagrees with itself, or with another",
  GI008: "issuer is a near miss of a managed one",
  GS001: "artifact no longer signed or attested",
  GS002: "signing weakened",
  GS003: "signed annotation preset",
  GS004: "Chains configuration weakened",
  GS005: "type hints hide the artifact from Chains",
  GS006: "reference re-pinned or pin loosened",
  GS007: "identity token exposed further",
  GS008: "signing no longer isolated",
  GS009: "signing image unpinned or changed",
  GS010: "signed subject changed",
  GS011: "signing flags weakened",
  GS012: "verification removed or downgraded",
  GS013: "signing can be switched off",
  GS014: "unsigned artifact where signing is required",
  GS015: "signing identity changed",
  GS016: "signing path cannot be modelled",
  GS017: "precondition of signing no longer holds",
};

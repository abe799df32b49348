import { toFinding, type GateFinding } from "../finding.ts";
import type { GateGap, GatePart } from "../report.ts";
import { judgeAccepted } from "./accepted.ts";
import { judgeConsistency } from "./consistency.ts";
import { judgeGrants } from "./grants.ts";
import { judgeIssuers } from "./issuers.ts";
import type { IdentityFinding, IdentityGateConfig, IdentityQuestion } from "./identity-question.ts";
import { judgeRemoved } from "./removed.ts";
import { judgeSigners, unplacedSigners } from "./signers.ts";

/**
 * Judges every way by which an identity that nobody manages can come in: policies, signing tasks, roles, Fulcio's issuers,
 * and the register itself (change-gate chapter §4). The register that counts is the base's. Never throws.
 */
export function judgeIdentities(question: IdentityQuestion): GatePart {
  const { before, config } = question;
  const found = [
    ...judgeAccepted(question),
    ...judgeSigners(question),
    ...judgeGrants(question),
    ...judgeIssuers(question),
    ...judgeRemoved(question),
    ...judgeConsistency(question),
  ];
  return {
    systems: [],
    findings: found.map((one) => toGateFinding(one, config)),
    waivers: [],
    notCovered: before.register === undefined ? noRegister(question) : unplacedSigners(question),
  };
}

function noRegister({ after }: IdentityQuestion): readonly GateGap[] {
  const isUsed = after.boxes.length > 0 || after.scene.accountUses.some(({ signs }) => signs === true);
  return isUsed
    ? [{ what: "identities", why: "the base has no register, so whether anybody manages them is not known" }]
    : [];
}

function toGateFinding(
  { code, isNew, level, says, witness, tier, where, open }: IdentityFinding,
  config: IdentityGateConfig,
): GateFinding {
  const asked = level ?? "error";
  return toFinding({
    code,
    level: isNew || config.strict || asked !== "error" ? asked : "warning",
    system: "identities",
    message: says,
    where,
    ...(open && { open, verdict: "UNDECIDED" as const }),
    ...(witness && { witness }),
    ...(tier && { tier }),
  });
}

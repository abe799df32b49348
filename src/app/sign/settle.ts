import { FAULTS, Fault, type FaultId } from "../../core/fault.ts";
import type { SigningReason } from "../../core/sign/reason.ts";
import type { Finding } from "../../core/verdict.ts";
import type { ExitCode } from "../io.ts";

/** Reasons that are faults under another name: said by a judgement, explained and left with the fault's remedy and code. */
const AS_FAULT: Partial<Record<SigningReason, FaultId>> = {
  "token-malformed": "token.malformed",
  "token-expiring": "token.expiring",
  "token-audience": "token.audience",
  "token-too-long-lived": "token.too-long-lived",
  "token-not-pod-bound": "token.not-pod-bound",
  "fulcio-detached-sct": "fulcio.detached-sct",
  "fulcio-challenge-unknown": "fulcio.challenge-unknown",
  "tsa-clock-skew": "clock.skewed",
  "tsa-required": "config.invalid",
  "signing-config-unsatisfiable": "config.invalid",
  "registry-not-found": "registry.not-found",
};

/** Reasons that lie in what was given to be signed, or in what others left under a tag. */
const INPUT: ReadonlySet<SigningReason> = new Set(["image-malformed", "legacy-layout", "legacy-needs-promise"]);

/** The fault that a refusal to sign is; `undefined` for those that are not the environment's. */
export function faultOfRefusal({ reason, detail }: Finding<SigningReason>): Fault | undefined {
  const id = AS_FAULT[reason];
  return id === undefined ? undefined : new Fault(id, detail);
}

/**
 * The exit code of a refusal: 1 where this identity may not sign this, 2 for bad input, and 5 where a service's answer does
 * not prove what it says (pipelines chapter §3).
 */
export function exitOfRefusal({ reason }: Finding<SigningReason>): ExitCode {
  const id = AS_FAULT[reason];
  if (id !== undefined) return FAULTS[id].exit;
  if (reason === "placement-repository") return 1;
  return INPUT.has(reason) ? 2 : 5;
}

import type { TokenReason } from "../identity/judge-token.ts";
import type { VerifyReason } from "../verify/reason.ts";
import type { StampReason } from "./judge-stamp.ts";

/** Why nothing was signed, or nothing was published of what was signed. */
export type SigningReason =
  | VerifyReason
  | TokenReason
  | StampReason
  | "signing-config-unsatisfiable"
  | "token-malformed"
  | "fulcio-challenge-unknown"
  | "fulcio-detached-sct"
  | "fulcio-key-mismatch"
  | "fulcio-identity-mismatch"
  | "tsa-required"
  | "placement-repository"
  | "registry-not-found"
  | "image-malformed"
  | "legacy-layout"
  | "legacy-needs-promise";

import { p256, p384 } from "@noble/curves/nist.js";
import type { VerifyPrehashed } from "../../ports/prehash-verifier.ts";

const CURVES = { "P-256": p256, "P-384": p384 } as const;

/**
 * Verifies ECDSA over a digest with @noble/curves. High-S is accepted: Go emits both. A signature or a point that
 * cannot be read is an exception there, and here a signature that is not good.
 */
export const verifyPrehashed: VerifyPrehashed = ({ curve, point, digest, signature }) => {
  try {
    return CURVES[curve].verify(signature, digest, point, { prehash: false, lowS: false, format: "der" });
  } catch {
    return false;
  }
};

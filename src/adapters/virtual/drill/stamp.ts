import { sha256 } from "../../../core/digest.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import type { StampPlan } from "../../../core/drill/plan.ts";
import { addMs, type UnixMs } from "../../../core/time.ts";
import { newTimestamper } from "../sigstore/timestamp.ts";
import type { DrillWorld } from "./world.ts";

/** Stamps a signature as RFC 3161 has it, or something in its place. */
export function makeStamp(world: DrillWorld, plan: StampPlan, signature: Uint8Array, at: UnixMs): Uint8Array {
  const signer = world.authorities.tsas[plan.tsa ?? "drill"];
  const digest = sha256(plan.over === "other" ? toUtf8("another signature") : signature);
  const request = { hash: "sha256", digest, nonce: undefined, certReq: true } as const;
  return newTimestamper(signer, signer.issuer, signer.embedded)(request, addMs(at, plan.atMs ?? STAMPED_MS));
}

const STAMPED_MS = 2_000;

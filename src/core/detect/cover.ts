import type { RunningContainer } from "../inventory/running-container.ts";
import { exceptionsFor } from "../policy/judge-signer.ts";
import type { PolicyException, TrustPolicy } from "../policy/policy.ts";

/** The code that an image of this state fails admission with (trust-policy chapter §4.2); `undefined` for one that passes. */
export function failingCode({ signing }: RunningContainer): string | undefined {
  if (signing === "unsigned") return "no-signature";
  return signing === "unexpected-identity" ? "identity-mismatch" : undefined;
}

export type Cover = { readonly exception: PolicyException; readonly state: "active" | "expired" };

/** The exception written for a container's image, as it stood when the container started; `none` where there is none. */
export function coverOf(policy: TrustPolicy, container: RunningContainer): Cover | "none" {
  const { repository, digest, namespace, startedAt } = container;
  const code = failingCode(container);
  if (code === undefined || startedAt === undefined) return "none";
  const found = exceptionsFor(policy, { repository, namespace, code, at: startedAt, ...(digest && { digest }) });
  const active = found.find(({ state }) => state === "active");
  const expired = found.find(({ state }) => state === "expired");
  if (active) return { exception: active.exception, state: "active" };
  return expired ? { exception: expired.exception, state: "expired" } : "none";
}

import type { RunningContainer } from "../inventory/running-container.ts";
import { exceptionsFor, modeAt } from "../policy/judge-signer.ts";
import type { PolicyException, SignerPolicy } from "../policy/signer-policy.ts";
import { renderRfc3339 } from "../time.ts";

/** The code that an image of this state fails admission with (trust-policy chapter §4.2); `undefined` for one that passes. */
export function failingCode({ signing }: RunningContainer): string | undefined {
  if (signing === "unsigned") return "no-signature";
  return signing === "unexpected-identity" ? "identity-mismatch" : undefined;
}

export type Cover = { readonly exception: PolicyException; readonly state: "active" | "expired" };

/** The exception written for a container's image, as it stood when the container started; `none` where there is none. */
export function coverOf(policy: SignerPolicy, container: RunningContainer): Cover | "none" {
  const { repository, digest, namespace, startedAt } = container;
  const code = failingCode(container);
  if (code === undefined || startedAt === undefined) return "none";
  const found = exceptionsFor(policy, { repository, namespace, code, at: startedAt, ...(digest && { digest }) });
  const active = found.find(({ state }) => state === "active");
  const expired = found.find(({ state }) => state === "expired");
  if (active) return { exception: active.exception, state: "active" };
  return expired ? { exception: expired.exception, state: "expired" } : "none";
}

/** Why an image that fails the policy got in where it runs, as far as the policy tells; `undefined` for one that passes. */
export function explainEntry(policy: SignerPolicy, container: RunningContainer): string | undefined {
  const { namespace, startedAt } = container;
  if (failingCode(container) === undefined || startedAt === undefined) return undefined;
  const cover = coverOf(policy, container);
  const { mode, by } = modeAt(policy, namespace, startedAt);
  const until = by?.until === undefined ? "" : ` until ${renderRfc3339(by.until)}`;
  if (cover !== "none" && cover.state === "active") {
    return `exception ${cover.exception.name} covers it until ${renderRfc3339(cover.exception.ends)} (${peopleOf(cover.exception)})`;
  }
  const held =
    mode === "enforce"
      ? `${namespace} enforced, so admission cannot have let it in`
      : `${namespace} was in ${mode}${until}, so nothing stopped it`;
  if (cover === "none") return held;
  return `exception ${cover.exception.name} (${peopleOf(cover.exception)}) had ended ${renderRfc3339(cover.exception.ends)}, and ${held}`;
}

function peopleOf({ requester, approver }: PolicyException): string {
  return `asked by ${requester}, approved by ${approver}`;
}

import { renderRequirement, renderSigners } from "../../core/policy/judge/render-requirement.ts";
import { renderWindow } from "../../core/policy/build-window.ts";
import type { PolicyChange } from "../../core/policy/diff.ts";
import type { Enforcement, ImageFamily, NamespaceMode, TrustPolicySet } from "../../core/policy/trust-policy.ts";
import { renderRfc3339 } from "../../core/time.ts";
import { visible } from "../output/visible.ts";

/** What a policy says, in the order in which people ask: which images, what they need, who may sign, where it holds. */
export function renderPolicy(policy: TrustPolicySet, hash: string): string {
  const lines = [
    `policy ${policy.name}${policy.revision === undefined ? "" : ` r${policy.revision}`}  ${hash}`,
    `images of no family: ${renderUnmatched(policy)}; tags in Pods: ${policy.pin === "mutate" ? "replaced by digests" : "refused"}`,
    ...policy.families.flatMap(renderFamily),
    ...Object.entries(policy.authorities).flatMap(([name, authority]) => [
      `authority ${name}${authority.kind === "sigstore" ? ` under ${authority.root}` : ""}`,
      ...renderSigners(authority).map((signer) => `  ${signer}`),
    ]),
    ...renderEnforcement(policy.enforcement),
  ];
  return lines.map((line) => `${visible(line)}\n`).join("");
}

function renderUnmatched({ unmatched }: TrustPolicySet): string {
  return unmatched.kind === "deny" ? "denied" : `let in until ${renderRfc3339(unmatched.until)} (${unmatched.reason})`;
}

function renderFamily({ name, images, except, require, platforms, time }: ImageFamily): readonly string[] {
  const { notBefore, maxAgeMs, windows, outside } = time;
  return [
    `family ${name}: ${images.join(", ")}${except.length > 0 ? ` except ${except.join(", ")}` : ""}`,
    `  needs  ${renderRequirement(require)}`,
    ...(platforms.length > 0 ? [`  on     ${platforms.join(", ")}`] : []),
    ...(notBefore === undefined ? [] : [`  signed from ${renderRfc3339(notBefore)}`]),
    ...(maxAgeMs === undefined ? [] : [`  not older than ${maxAgeMs / 3_600_000} h`]),
    ...windows.map(
      (window) => `  signed within ${renderWindow(window)}, else ${outside === "deny" ? "denied" : "told"}`,
    ),
  ];
}

function renderEnforcement({ byDefault, namespaces, exempt }: Enforcement): readonly string[] {
  return [
    ...exempt.map(({ match, owner, reason }) => `exempt ${match.join(", ")}: ${owner}, ${reason}`),
    ...namespaces.map(({ match, mode }) => `namespaces ${match.join(", ")}: ${renderMode(mode)}`),
    `namespaces else: ${renderMode(byDefault)}`,
  ];
}

function renderMode(mode: NamespaceMode): string {
  return mode.kind === "enforce"
    ? "enforced"
    : `audit until ${renderRfc3339(mode.until)} (${mode.owner}, ${mode.reason})`;
}

/** `family payments changed: images LOOSENED, registry.example.com/x is new`. */
export function renderChange({ what, name, change, fields, relation, gained, lost }: PolicyChange): string {
  const parts = [
    ...(what === "setting" || fields.length === 0 ? [] : [fields.join(", ")]),
    ...(relation === undefined ? [] : [`${what === "family" ? "images" : "identities"} ${relation}`]),
    ...(gained === undefined ? [] : [`new: ${gained}`]),
    ...(lost === undefined ? [] : [`gone: ${lost}`]),
  ];
  return visible(`${what} ${name} ${change}${parts.length > 0 ? `: ${parts.join("; ")}` : ""}`);
}

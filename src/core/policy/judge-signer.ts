import { matchesText } from "../automata/matches.ts";
import { renderIdentity, sameIdentity, type Identity } from "../identity/identity.ts";
import type { DigestRef } from "../digest.ts";
import { renderRfc3339, type UnixMs } from "../time.ts";
import { all, fail, pass, type Verdict } from "../verdict.ts";
import { isWithinWindows, renderWindow } from "./build-window.ts";
import { matchesName, matchesRepository } from "./pattern.ts";
import type { SignerFamily, ModeRule, PolicyException, SignerPolicy } from "./signer-policy.ts";

export type SignerReason = "no-family" | "unexpected-identity" | "outside-window";

/** The family of a repository. Families are disjoint, so at most one. */
export function familyOf(policy: SignerPolicy, repository: string): SignerFamily | undefined {
  return policy.families.find(
    ({ images, except }) =>
      images.some((pattern) => matchesRepository(pattern, repository)) &&
      !except.some((pattern) => matchesRepository(pattern, repository)),
  );
}

export type SigningAct = { readonly repository: string; readonly identity: Identity; readonly at: UnixMs };

/** Judges whether an identity may sign an image of a repository, and whether at that time. */
export function judgeSigner(policy: SignerPolicy, { repository, identity, at }: SigningAct): Verdict<SignerReason> {
  const family = familyOf(policy, repository);
  if (!family) return fail("no-family", `no family of policy ${policy.name} covers ${repository}`);
  return all([judgeIdentity(policy, family, identity), judgeTime(family, at)]);
}

/** Whether the identity is one of the family's, whatever the time. */
export function isExpected(family: SignerFamily, identity: Identity): boolean {
  if (family.identities.some((known) => sameIdentity(known, identity))) return true;
  const { issuer, san, sanType } = identity;
  return (family.patterns ?? []).some(
    (pattern) => pattern.sanType === sanType && matchesText(pattern.issuer, issuer) && matchesText(pattern.san, san),
  );
}

function judgeIdentity(policy: SignerPolicy, family: SignerFamily, identity: Identity): Verdict<SignerReason> {
  if (isExpected(family, identity)) return pass;
  return fail("unexpected-identity", explainStranger(policy, family, identity));
}

/** Says whom a family allows, and who this is. */
export function explainStranger({ name }: SignerPolicy, family: SignerFamily, identity: Identity): string {
  const patterns = (family.patterns ?? []).map(({ shown }) => shown);
  const allowed = [...family.identities.map(renderIdentity), ...patterns].join(", ");
  return `policy ${name}, family ${family.name}, allows only ${allowed}; this is ${renderIdentity(identity)}`;
}

function judgeTime(family: SignerFamily, at: UnixMs): Verdict<SignerReason> {
  if (isWithinWindows(family.windows, at)) return pass;
  const windows = family.windows.map(renderWindow).join(" or ");
  return fail("outside-window", `${renderRfc3339(at)} is outside the build window ${windows}`);
}

/** What holds for a namespace at a time. `enforce` where nothing else is said, and after `until`. */
export function modeAt(
  policy: SignerPolicy,
  namespace: string,
  at: UnixMs,
): { readonly mode: ModeRule["mode"]; readonly by?: ModeRule } {
  const by = policy.namespaces.find(({ match }) => match.some((glob) => matchesName(glob, namespace)));
  if (!by || (by.until !== undefined && at >= by.until)) return { mode: "enforce" };
  return { mode: by.mode, by };
}

export type Admission = {
  readonly repository: string;
  readonly digest?: DigestRef;
  readonly namespace: string;
  /** What the image fails with; an exception that does not name it does nothing. */
  readonly code: string;
  readonly at: UnixMs;
};

/** The exceptions written for an image in a namespace, and whether each was in force at a time. */
export function exceptionsFor(
  policy: SignerPolicy,
  { repository, digest, namespace, code, at }: Admission,
): readonly { readonly exception: PolicyException; readonly state: "active" | "expired" | "not-yet" }[] {
  return policy.exceptions
    .filter(
      ({ digests, images, namespaces, reasonCodes }) =>
        reasonCodes.includes(code) &&
        namespaces.some((glob) => matchesName(glob, namespace)) &&
        (images.some((pattern) => matchesRepository(pattern, repository)) ||
          (digest !== undefined && digests.includes(digest))),
    )
    .map((exception) => ({ exception, state: stateAt(exception, at) }));
}

function stateAt({ notBefore, ends }: PolicyException, at: UnixMs): "active" | "expired" | "not-yet" {
  if (notBefore !== undefined && at < notBefore) return "not-yet";
  return at < ends ? "active" : "expired";
}

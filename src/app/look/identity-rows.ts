import { provenIdentity } from "../../core/correlate/preconditions.ts";
import { isSignature } from "../../core/correlate/signature-link.ts";
import type { ObservedAct } from "../../core/detect/detector.ts";
import type { Estate } from "../../core/detect/estate.ts";
import { isWithin, type StoryPeriod } from "../../core/detect/story.ts";
import { renderIdentity } from "../../core/identity/identity.ts";
import { judgeSigner } from "../../core/policy/judge-signer.ts";
import type { SignerPolicy } from "../../core/policy/signer-policy.ts";
import { renderRfc3339 } from "../../core/time.ts";

/** One identity that signed in a period. */
export type IdentityRow = {
  readonly text: string;
  readonly issuer: string;
  readonly san: string;
  readonly events: number;
  /** Signatures in a repository whose family does not allow it. */
  readonly unexpected: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
};

/** Every proven identity of a period, the busiest first. */
export function toIdentityRows({ acts, policy }: Estate, period: StoryPeriod): readonly IdentityRow[] {
  const within = [...acts.values()].filter(({ event }) => isWithin(period, event.eventTime));
  const groups = Map.groupBy(
    within.filter(({ event }) => provenIdentity(event) !== undefined),
    ({ event }) => renderIdentity(event.identities[0] ?? { issuer: "", san: "", sanType: "uri" }),
  );
  const rows = [...groups].flatMap(([text, group]): readonly IdentityRow[] => {
    const [identity] = group.flatMap(({ event }) => provenIdentity(event) ?? []);
    const times = group.map(({ event }) => event.eventTime).toSorted((a, b) => a - b);
    const [first, last] = [times[0], times.at(-1)];
    if (!identity || first === undefined || last === undefined) return [];
    const { issuer, san } = identity;
    const unexpected = policy ? group.filter((act) => isUnexpected(policy, act)).length : 0;
    return [
      {
        text,
        issuer,
        san,
        events: group.length,
        unexpected,
        firstSeen: renderRfc3339(first),
        lastSeen: renderRfc3339(last),
      },
    ];
  });
  return rows.toSorted((a, b) => b.events - a.events || (a.text < b.text ? -1 : 1));
}

function isUnexpected(policy: SignerPolicy, { event, links }: ObservedAct): boolean {
  const identity = provenIdentity(event);
  if (!identity) return false;
  return links.filter(isSignature).some(({ repository }) => {
    const verdict = judgeSigner(policy, { repository, identity, at: event.eventTime });
    return verdict.kind === "fail" && verdict.reasons.some(({ reason }) => reason === "unexpected-identity");
  });
}

import type { BreakGlass } from "../policy/trust-policy.ts";
import { addMs, type UnixMs } from "../time.ts";

/** What somebody wants to make of the emergencies that stand in a policy. `user` is whom the API server takes them for. */
export type BreakGlassChange = {
  readonly before: readonly BreakGlass[];
  readonly after: readonly BreakGlass[];
  readonly user: string;
  readonly now: UnixMs;
};

/** trust-policy chapter §1.4. */
const OPEN_MS_MAX = 4 * 3_600_000;
/** Clocks of people and of clusters differ. */
const SKEW_MS = 300_000;

/**
 * Why a change of emergencies is refused; empty where it may be stored (trust-policy chapter §1.4). One person asks, in
 * their own name, and opens nothing; another approves, in theirs, and changes nothing else. Anybody may shorten or end one.
 */
export function judgeBreakGlassChange({ before, after, user, now }: BreakGlassChange): readonly string[] {
  return after.flatMap((glass) => {
    const known = before.find(({ name }) => name === glass.name);
    const wrong = known ? changeOf(known, glass, { user, now }) : requestOf(glass, { user, now });
    return wrong.map((text) => `BreakGlass ${glass.name}: ${text}`);
  });
}

type Asked = Pick<BreakGlassChange, "user" | "now">;

function requestOf(glass: BreakGlass, { user, now }: Asked): readonly string[] {
  const { requester, approver, approved, created, ends } = glass;
  return [
    ...(user !== "" && requester === user ? [] : [`spec.requester must be who asks, ${user}`]),
    ...(approved || approver !== undefined ? ["a second person approves it, by an update"] : []),
    ...(created > addMs(now, SKEW_MS) || created < addMs(now, -SKEW_MS)
      ? ["metadata.creationTimestamp must be now"]
      : []),
    ...(ends > addMs(now, OPEN_MS_MAX + SKEW_MS) ? ["lasts more than 4 hours"] : []),
  ];
}

function changeOf(known: BreakGlass, glass: BreakGlass, { user, now }: Asked): readonly string[] {
  const isSame = factsOf(known) === factsOf(glass);
  return [
    ...(isSame ? [] : ["only approved, approver and an earlier end may change; ask anew"]),
    ...(glass.ends > known.ends ? ["an end may only come earlier; ask anew"] : []),
    ...approvalOf(known, glass, { user, now }),
  ];
}

function approvalOf(known: BreakGlass, glass: BreakGlass, { user, now }: Asked): readonly string[] {
  if (!glass.approved) {
    return glass.approver === undefined || glass.approver === known.approver ? [] : ["an approver approves"];
  }
  if (known.approved) return glass.approver === known.approver ? [] : ["the approver cannot be another"];
  return [
    ...(user !== "" && glass.approver === user ? [] : [`spec.approver must be who approves, ${user}`]),
    ...(glass.approver === glass.requester ? ["approver and requester are the same"] : []),
    ...(now < glass.ends ? [] : ["it is over; ask anew"]),
  ];
}

function factsOf({ reason, ticket, namespaces, created, requester }: BreakGlass): string {
  return JSON.stringify([reason, ticket, namespaces, created, requester ?? ""]);
}

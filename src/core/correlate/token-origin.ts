import type { SigningEvent } from "../entry/signing-event.ts";
import type { Pod } from "../pipelines/pod.ts";
import { renderRfc3339 } from "../time.ts";
import { accountKey, clustersOf, lifeOf, type WorldIndex } from "./index-world.ts";
import { parseAccount, provenIdentity } from "./preconditions.ts";
import type { Seen } from "./world.ts";

/** A token outlives its pod by its own life at most; the kubelet asks for ten minutes, an hour is the API's default. */
const TOKEN_LIFE_MAX_MS = 3_600_000;

/**
 * Where the token behind an entry that no run claims may come from: the pods of the account that held the audience and ran
 * then, or had ended shortly before. A sentence, for it is a lead and no proof; `undefined` when there is none.
 */
export function tokenOrigin(index: WorldIndex, event: SigningEvent): string | undefined {
  const identity = provenIdentity(event);
  const account = identity && parseAccount(identity);
  const at = event.certificate?.notBefore;
  if (!identity || !account || at === undefined) return undefined;
  const holders = clustersOf(index, identity).flatMap(({ cluster, audiences }) =>
    (index.podsByAccount.get(accountKey(cluster, account.namespace, account.serviceAccount)) ?? []).filter((pod) =>
      pod.value.audiences.some((audience) => audiences.includes(audience)),
    ),
  );
  const lives = holders.flatMap((pod) => {
    const life = lifeOf(pod);
    return life && life.since <= at ? [{ pod, until: life.until }] : [];
  });
  const live = lives.find(({ until }) => until === undefined || until >= at);
  if (live) return `pod ${nameOf(live.pod)} of the account ran then and held a token`;
  const ended = lives
    .filter(({ until }) => until !== undefined && until >= at - TOKEN_LIFE_MAX_MS)
    .toSorted((a, b) => (b.until ?? 0) - (a.until ?? 0))[0];
  if (ended?.until === undefined) return "no pod of the account ran then or in the hour before";
  const minutes = Math.floor((at - ended.until) / 60_000);
  const ago = minutes === 0 ? "less than a minute" : `${minutes} min`;
  return `pod ${nameOf(ended.pod)}, the last of the account that held a token, had ended ${renderRfc3339(ended.until)}, ${ago} before`;
}

function nameOf({ value }: Seen<Pod>): string {
  return `${value.meta.namespace}/${value.meta.name}`;
}

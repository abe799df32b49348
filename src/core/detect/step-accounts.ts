import { accountKey } from "../correlate/index-world.ts";
import { parseAccount } from "../correlate/preconditions.ts";
import type { ClusterIdentity } from "../correlate/world.ts";
import type { Identity } from "../identity/identity.ts";
import type { DetectWorld } from "./detector.ts";

/** A service account as whom a signing step signs, in one cluster. */
export type StepAccount = { readonly cluster: ClusterIdentity; readonly identity: Identity };

/** The accounts behind the identities of signing steps, by `cluster/namespace/account`. */
export function stepAccounts({
  stepIdentities,
  estate,
}: Pick<DetectWorld, "stepIdentities" | "estate">): ReadonlyMap<string, StepAccount> {
  const found = stepIdentities.flatMap((identity) => {
    const account = parseAccount(identity);
    const clusters = estate.clusters.filter(({ issuers }) => issuers.includes(identity.issuer));
    return account
      ? clusters.map((cluster): [string, StepAccount] => [
          accountKey(cluster.cluster, account.namespace, account.serviceAccount),
          { cluster, identity },
        ])
      : [];
  });
  return new Map(found);
}

/** What a finding refers to when it is about an account and not about an entry. */
export const NO_REFS = { events: [], digests: [], runs: [], workloads: [] } as const;

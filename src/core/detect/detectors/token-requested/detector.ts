import { accountKey } from "../../../correlate/index-world.ts";
import { renderIdentity } from "../../../identity/identity.ts";
import { renderRfc3339 } from "../../../time.ts";
import { identityKey } from "../../acts.ts";
import { detectorOf, type Detector, type DetectWorld, type Observation } from "../../detector.ts";
import { NO_REFS, stepAccounts } from "../../step-accounts.ts";

/** Somebody who is no node had a signing token made for themselves (pipelines chapter §11, 6). */
export const tokenRequested: Detector = detectorOf(
  { id: "P04", name: "token-requested", playbook: "PB-TOKEN-1" },
  observe,
);

function observe(world: DetectWorld): readonly Observation[] {
  const known = stepAccounts(world);
  return world.estate.tokenIssues.flatMap(({ cluster, value }): readonly Observation[] => {
    const { namespace, serviceAccount, requester, audiences, issuedAt } = value;
    const account = known.get(accountKey(cluster, namespace, serviceAccount));
    if (!account || requester.startsWith("system:node:")) return [];
    // Without the body of the request its audience is not known, and may well be the one.
    const forSigning = audiences?.some((audience) => account.cluster.audiences.includes(audience)) ?? true;
    if (!forSigning) return [];
    const purpose = audiences ? `for ${audiences.join(", ")}` : "for an audience that the audit log does not tell";
    return [
      {
        ...NO_REFS,
        subject: `${cluster}\n${value.auditId}`,
        severity: "high",
        at: issuedAt,
        title: `${requester} got a token of ${renderIdentity(account.identity)}`,
        sentence: `${requester} had a token of ${cluster}/${namespace}/${serviceAccount} made ${renderRfc3339(issuedAt)} ${purpose}; tokens of a signing step go to nodes alone`,
        keys: [identityKey(account.identity)],
      },
    ];
  });
}

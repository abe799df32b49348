import { accountKey } from "../../../correlate/index-world.ts";
import { renderIdentity } from "../../../identity/identity.ts";
import { identityKey } from "../../acts.ts";
import { detectorOf, type Detector, type DetectWorld, type Observation } from "../../detector.ts";
import { NO_REFS, stepAccounts } from "../../step-accounts.ts";

/** A container was put into a pod that holds a signing token (pipelines chapter §11, 7). */
export const signingPodEntered: Detector = detectorOf(
  { id: "P05", name: "signing-pod-entered", playbook: "PB-TOKEN-1" },
  observe,
);

function observe(world: DetectWorld): readonly Observation[] {
  const known = stepAccounts(world);
  return world.estate.pods.flatMap(({ cluster, value, observedAt }): readonly Observation[] => {
    const { meta, serviceAccount, audiences, containers } = value;
    const account = known.get(accountKey(cluster, meta.namespace, serviceAccount));
    const entered = containers.filter(({ kind }) => kind === "ephemeral");
    if (!account || entered.length === 0 || !audiences.some((audience) => account.cluster.audiences.includes(audience)))
      return [];
    const names = entered.map(({ name, image }) => `${name} (${image})`).join(", ");
    return [
      {
        ...NO_REFS,
        subject: `${cluster}\n${meta.uid}`,
        severity: "high",
        at: entered[0]?.startedAt ?? meta.createdAt ?? observedAt,
        title: `somebody entered the signing pod ${meta.namespace}/${meta.name}`,
        sentence: `ephemeral container ${names} ran in pod ${cluster}/${meta.namespace}/${meta.name}, which held a token of ${renderIdentity(account.identity)}`,
        workloads: [`${cluster}/${meta.namespace}/${meta.name}`],
        keys: [identityKey(account.identity)],
      },
    ];
  });
}

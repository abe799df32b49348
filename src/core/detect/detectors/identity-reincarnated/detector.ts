import { accountKey } from "../../../correlate/index-world.ts";
import { renderIdentity } from "../../../identity/identity.ts";
import { renderRfc3339 } from "../../../time.ts";
import { identityKey } from "../../acts.ts";
import { detectorOf, type Detector, type DetectWorld, type Observation } from "../../detector.ts";
import { NO_REFS, stepAccounts } from "../../step-accounts.ts";

/** A signing account was deleted and another one made of its name: certificates can not tell them apart (pipelines chapter §11, 8). */
export const identityReincarnated: Detector = detectorOf(
  { id: "P01", name: "identity-reincarnated", playbook: "PB-IDENT-2" },
  observe,
);

function observe(world: DetectWorld): readonly Observation[] {
  const known = stepAccounts(world);
  const lives = Map.groupBy(world.estate.accounts, ({ cluster, value }) =>
    accountKey(cluster, value.namespace, value.name),
  );
  return [...known].flatMap(([key, { identity }]) => {
    const sorted = (lives.get(key) ?? []).toSorted((a, b) => (a.value.createdAt ?? 0) - (b.value.createdAt ?? 0));
    return sorted.slice(1).map((account, i): Observation => {
      const before = sorted[i];
      const at = account.value.createdAt ?? account.observedAt;
      return {
        ...NO_REFS,
        subject: `${key}\n${account.value.uid}`,
        severity: "high",
        at,
        title: `${renderIdentity(identity)} is another account than before`,
        sentence: `service account ${key} was made anew ${renderRfc3339(at)} (uid ${account.value.uid}, before ${before?.value.uid ?? ""}): its signatures look like those of the one before`,
        keys: [identityKey(identity)],
      };
    });
  });
}

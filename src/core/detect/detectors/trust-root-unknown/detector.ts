import { provenIdentity } from "../../../correlate/preconditions.ts";
import { parseServiceAccountSan, renderIdentity, sameIdentity } from "../../../identity/identity.ts";
import { isExpected } from "../../../policy/judge-signer.ts";
import { refsOfAct, shortRepository } from "../../acts.ts";
import { detectorOf, type Detector, type DetectWorld, type Observation } from "../../detector.ts";

/** Our own CA gave a certificate to a cluster that nobody named (detection chapter §4.1, D04, of issuers). */
export const trustRootUnknown: Detector = detectorOf(
  { id: "D04", name: "trust-root-unknown", playbook: "PB-ROOT-1" },
  observe,
);

function observe({ acts, estate, policy }: DetectWorld): readonly Observation[] {
  const issuers = new Set(estate.clusters.flatMap((cluster) => cluster.issuers));
  return acts.flatMap((act): readonly Observation[] => {
    const identity = provenIdentity(act.event);
    // Of clusters alone: issuers of people and of forges are the policy's to name.
    if (!identity || issuers.has(identity.issuer) || !parseServiceAccountSan(identity.san)) return [];
    const isNamed = policy.families.some(
      (family) => isExpected(family, identity) || family.identities.some((known) => sameIdentity(known, identity)),
    );
    if (isNamed) return [];
    const [link] = act.links;
    return [
      {
        ...refsOfAct(act),
        subject: identity.issuer,
        severity: "critical",
        at: act.event.eventTime,
        title: `a cluster that nobody named signs: ${identity.issuer}`,
        sentence: `${renderIdentity(identity)} signed ${link ? shortRepository(link.repository) : "an artifact"} with a certificate of a trusted CA, and its issuer is that of no configured cluster: the CA lets in more issuers than are known (CFG-02)`,
      },
    ];
  });
}

import { provenIdentity } from "../../../correlate/preconditions.ts";
import { isSignature } from "../../../correlate/signature-link.ts";
import { renderIdentity } from "../../../identity/identity.ts";
import { explainStranger, familyOf, isExpected } from "../../../policy/judge-signer.ts";
import { refsOfAct, shortRepository } from "../../acts.ts";
import { detectorOf, type Detector, type DetectWorld, type Observation, type ObservedAct } from "../../detector.ts";

/** An identity signed for a family whose signers it is not one of (detection chapter §4.1, D01). */
export const familySigner: Detector = detectorOf(
  { id: "D01", name: "family-signer", playbook: "PB-IDENT-1" },
  (world) => world.acts.flatMap((act) => observe(world, act)),
);

function observe({ policy }: DetectWorld, act: ObservedAct): readonly Observation[] {
  const identity = provenIdentity(act.event);
  if (!identity) return [];
  // The policy says who signs images; whoever attests to something about them is not judged by it.
  const repositories = [...new Set(act.links.filter(isSignature).map(({ repository }) => repository))];
  return repositories.flatMap((repository) => {
    const family = familyOf(policy, repository);
    if (!family || isExpected(family, identity)) return [];
    const signer = renderIdentity(identity);
    return [
      {
        ...refsOfAct(act),
        subject: `${family.name}\n${signer}`,
        severity: "high",
        at: act.event.eventTime,
        title: `${shortRepository(repository)} signed by ${signer}`,
        sentence: `${shortRepository(repository)} was signed by a stranger: ${explainStranger(policy, family, identity)}`,
      },
    ];
  });
}

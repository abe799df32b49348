import { provenIdentity } from "../../../correlate/preconditions.ts";
import { isSignature } from "../../../correlate/signature-link.ts";
import { renderIdentity } from "../../../identity/identity.ts";
import { isWithinWindows, renderWindow } from "../../../policy/build-window.ts";
import { familyOf } from "../../../policy/judge-signer.ts";
import { renderRfc3339 } from "../../../time.ts";
import { refsOfAct, shortRepository, signingRun } from "../../acts.ts";
import { detectorOf, type Detector, type DetectWorld, type Observation, type ObservedAct } from "../../detector.ts";

/** A signature outside the declared build window of its family (detection chapter §4.2 and §6, S01 with a declared window). */
export const outsideWindow: Detector = detectorOf(
  { id: "S01", name: "outside-window", playbook: "PB-WINDOW-1" },
  (world) => world.acts.flatMap((act) => observe(world, act)),
);

function observe({ policy }: DetectWorld, act: ObservedAct): readonly Observation[] {
  const identity = provenIdentity(act.event);
  const { eventTime } = act.event;
  if (!identity) return [];
  // The policy says who signs images; whoever attests to something about them is not judged by it.
  const repositories = [...new Set(act.links.filter(isSignature).map(({ repository }) => repository))];
  return repositories.flatMap((repository) => {
    const family = familyOf(policy, repository);
    if (!family || isWithinWindows(family.windows, eventTime)) return [];
    const run = signingRun(act);
    const signer = renderIdentity(identity);
    const windows = family.windows.map(renderWindow).join(" or ");
    const by = run
      ? `TaskRun ${run.namespace}/${run.name} signed it (grade ${act.correlation.grade})`
      : "no run is firmly joined to it";
    return [
      {
        ...refsOfAct(act),
        subject: `${family.name}\n${signer}`,
        // With its run at hand the hour is odd and the rest is in order.
        severity: run ? "medium" : "high",
        at: eventTime,
        title: `${shortRepository(repository)} signed outside its build window`,
        sentence: `${signer} signed ${shortRepository(repository)} at ${renderRfc3339(eventTime)}, outside the build window ${windows}; ${by}`,
      },
    ];
  });
}

import { provenIdentity } from "../../../correlate/preconditions.ts";
import { renderEventRef } from "../../../entry/signing-event.ts";
import { renderIdentity } from "../../../identity/identity.ts";
import { renderRfc3339 } from "../../../time.ts";
import { refsOfAct, shortRepository } from "../../acts.ts";
import { detectorOf, type Detector, type Observation, type ObservedAct } from "../../detector.ts";

/** An entry by the identity of a signing step that no TaskRun claims (detection chapter §4.1, D05). */
export const runMissing: Detector = detectorOf({ id: "D05", name: "run-missing", playbook: "PB-TOKEN-1" }, (world) =>
  world.acts.flatMap(observe),
);

function observe(act: ObservedAct): readonly Observation[] {
  const { event, claimed, links, origin } = act;
  const identity = provenIdentity(event);
  if (!identity || claimed?.kind !== "fail") return [];
  const [link] = links;
  const what = link ? shortRepository(link.repository) : `entry ${renderEventRef(event)}`;
  const [reason] = claimed.reasons;
  return [
    {
      ...refsOfAct(act),
      subject: renderEventRef(event),
      severity: "high",
      at: event.eventTime,
      title: `${what} signed by ${renderIdentity(identity)} outside of any TaskRun`,
      sentence: [
        `${renderIdentity(identity)} signed ${what} at ${renderRfc3339(event.eventTime)}: ${reason.detail}`,
        ...(origin === undefined ? [] : [origin]),
      ].join("; "),
    },
  ];
}

import { provenIdentity } from "../../../correlate/preconditions.ts";
import { renderEventRef } from "../../../entry/signing-event.ts";
import { renderIdentity, sameIdentity } from "../../../identity/identity.ts";
import { refsOfAct, signingRun } from "../../acts.ts";
import { detectorOf, type Detector, type DetectWorld, type Observation } from "../../detector.ts";

/** A run that a pull request started signed as a signing step (pipelines chapter §11, 3). */
export const identityEventMismatch: Detector = detectorOf(
  { id: "P02", name: "identity-event-mismatch", playbook: "PB-TOKEN-1" },
  observe,
);

const EVENT_TYPE = "pipelinesascode.tekton.dev/event-type";
/** Of Pipelines-as-Code: events that anybody with an account at the forge can cause, comments on their own request included. */
const BY_ANYBODY = /^(?:pull_request|Merge Request|.*-comment)$/i;

function observe({ acts, estate, stepIdentities }: DetectWorld): readonly Observation[] {
  const runs = new Map(estate.runs.map(({ value }) => [value.meta.uid, value]));
  const pipelineRuns = new Map(estate.pipelineRuns.map(({ value }) => [value.meta.uid, value]));
  return acts.flatMap((act): readonly Observation[] => {
    const identity = provenIdentity(act.event);
    const run = runs.get(signingRun(act)?.uid ?? "");
    if (!identity || !run || !stepIdentities.some((step) => sameIdentity(step, identity))) return [];
    const metas = [run.meta, pipelineRuns.get(run.pipelineRun?.uid ?? "")?.meta];
    const event = metas
      .map((meta) => meta?.annotations[EVENT_TYPE] ?? meta?.labels[EVENT_TYPE])
      .find((type) => type !== undefined);
    if (event === undefined || !BY_ANYBODY.test(event)) return [];
    const { namespace, name } = run.meta;
    return [
      {
        ...refsOfAct(act),
        subject: renderEventRef(act.event),
        severity: "critical",
        at: act.event.eventTime,
        title: `${renderIdentity(identity)} signed for a ${event}`,
        sentence: `TaskRun ${namespace}/${name}, which an event of type "${event}" started, signed as ${renderIdentity(identity)}: whoever opens a request decides what is signed`,
      },
    ];
  });
}

import { Fault } from "../../core/fault.ts";
import { judgeServed } from "./served-checkpoint.ts";
import { frontierRoot } from "../../core/merkle/frontier.ts";
import { sameDigest } from "../../core/digest.ts";
import type { EventStore, FollowPosition } from "../../ports/event-store.ts";
import { frontierOf, startStep, type StepContext } from "./context.ts";
import type { FollowedLog, FollowPorts, FollowProblem, Proven, StepReport } from "./followed-log.ts";
import { proven, unproven } from "./followed-log.ts";
import { stepRekor1 } from "./step-rekor1.ts";
import { stepTiles } from "./step-tiles.ts";

export type FollowStep = (log: FollowedLog, signal: AbortSignal) => Promise<StepReport>;

export type StepOptions = {
  /** The most entries one step reads, about; all there are unless given. */
  readonly entriesMax?: number;
};

/**
 * One step along a log (transparency-log chapter §5): fetch its checkpoint, prove it against all that was seen before,
 * authenticate what is new and store it. Nothing is stored that is not under a proven checkpoint. A log that contradicted
 * itself is not read on until an operator says so.
 *
 * Faults of the log end the step and are reported; those of the store are thrown: `store.busy`, `store.conflict`, ….
 */
export function followStep(ports: FollowPorts, options: StepOptions = {}): FollowStep {
  return async (log, signal) => {
    const stored = await ports.store.position(log.name);
    const before = stored?.indexedUpto ?? 0;
    if (stored?.state === "disputed") return reportOf(stored, { before, problem: disputeOf(stored) });
    const context = startStep(ports, log, stored, signal);
    const result = await attempt(context, options.entriesMax ?? Number.MAX_SAFE_INTEGER);
    if (result.ok) return concludeWell(ports, context, before);
    return concludeBadly(ports, context, { before, problem: result.problem });
  };
}

/** The log's own faults are an outcome of the step; a store that fails is not, for then nothing can be recorded. */
async function attempt(context: StepContext, entriesMax: number): Promise<Proven<undefined>> {
  const { reader } = context.log;
  try {
    return reader.type === "tiles"
      ? await stepTiles(context, reader, entriesMax)
      : await stepRekor1(context, reader, entriesMax);
  } catch (error) {
    if (!(error instanceof Fault) || !error.id.startsWith("log.")) throw error;
    if (error.id === "log.missing") return unproven("tile-missing", error.subject);
    return { ok: false, problem: { kind: "unproven", code: error.id, detail: error.subject } };
  }
}

async function concludeWell({ store, clock }: FollowPorts, context: StepContext, before: number): Promise<StepReport> {
  const at = context.position();
  const position: FollowPosition = { ...at, ...context.ending(), updatedAt: clock.now() };
  await store.commit({ expectedUpto: at.indexedUpto, position, events: [] });
  return reportOf(position, { before });
}

type Conclusion = { readonly before: number; readonly problem: FollowProblem };

/** `updatedAt` stays: it says until when the log was known to be well. */
async function concludeBadly(ports: FollowPorts, context: StepContext, conclusion: Conclusion): Promise<StepReport> {
  const { problem } = conclusion;
  const at = context.position();
  const state = problem.kind === "contradiction" ? "disputed" : "unproven";
  const position: FollowPosition = { ...at, state, reason: `${problem.code}: ${problem.detail}` };
  await recordProblem(ports, context.log.name, problem);
  if (at.state !== state || at.reason !== position.reason) {
    await ports.store.commit({ expectedUpto: at.indexedUpto, position, events: [] });
  }
  return reportOf(position, conclusion);
}

/** Keeps what shows a contradiction before the state says that there is one. */
async function recordProblem({ store, clock }: FollowPorts, log: string, problem: FollowProblem): Promise<void> {
  if (problem.kind !== "contradiction") return;
  const { code, detail, evidence } = problem;
  await store.recordMisbehaviour({ log, code, detail, at: clock.now(), evidence });
}

function disputeOf({ reason }: FollowPosition): FollowProblem {
  const code = reason.startsWith("equivocation") ? "equivocation" : "inconsistent";
  return { kind: "contradiction", code, detail: reason, evidence: {} };
}

function reportOf(
  { log, state, head, startIndex, indexedUpto }: FollowPosition,
  { before, problem }: { readonly before: number; readonly problem?: FollowProblem },
): StepReport {
  const headSize = head?.size ?? 0;
  return {
    log,
    outcome: problem?.kind ?? (indexedUpto < headSize ? "behind" : "current"),
    code: problem?.code ?? "",
    detail: problem?.detail ?? "",
    state,
    headSize,
    indexedUpto,
    added: indexedUpto - Math.max(before, startIndex),
  };
}

/**
 * Judges what the store holds of a log before it is followed on: the head's signature, the frontier against the newest
 * checkpoint that it reaches, and the number of rows. A disk may lie, and two processes may have written.
 */
export async function judgeStored(store: EventStore, log: FollowedLog): Promise<Proven<undefined>> {
  const position = await store.position(log.name);
  if (!position?.head) return proven(undefined);
  const { head, startIndex, indexedUpto } = position;
  const generation = log.reader.type === "tiles" ? "rekor2" : "rekor1";
  const note = judgeServed(head.note, log.keys, generation);
  if (!note.ok) return unproven("store-corrupt", `the stored head: ${note.problem.detail}`);
  if (note.value.size !== head.size || !sameDigest(note.value.root, head.root)) {
    return unproven("store-corrupt", "the stored head is not what its note says");
  }
  const frontier = frontierOf(position);
  if (!frontier) return unproven("store-corrupt", `the stored frontier is not one of size ${indexedUpto}`);
  const reached = [head, ...(await store.checkpoints(log.name, 64))].find(({ size }) => size === indexedUpto);
  if (reached && !sameDigest(frontierRoot(frontier), reached.root)) {
    return unproven("store-corrupt", `the stored frontier is not that of the checkpoint of size ${indexedUpto}`);
  }
  const rows = await store.count(log.name);
  const wanted = indexedUpto - startIndex;
  return rows === wanted
    ? proven(undefined)
    : unproven("store-corrupt", `${rows} rows are stored where there were ${wanted}`);
}

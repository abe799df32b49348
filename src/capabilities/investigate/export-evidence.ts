import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { renderCoverage, stateCoverage } from "../../core/coverage/statement.ts";
import type { Sha256 } from "../../core/digest.ts";
import { renderEventRef, type LogName, type SigningEvent } from "../../core/entry/signing-event.ts";
import { toEventMembers } from "../../core/evidence/event-members.ts";
import { TRUSTED_ROOT_MEMBER } from "../../core/evidence/judge-evidence-file.ts";
import { sealFiles, type ManifestHead } from "../../core/evidence/manifest.ts";
import { renderTar } from "../../core/evidence/tar.ts";
import type { JsonValue } from "../../core/json/json.ts";
import { parseLeafIndex, parseTreeSize, type LeafIndex, type TreeSize } from "../../core/merkle/tree.ts";
import type { UnixMs } from "../../core/time.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import { unknown, type Verdict } from "../../core/verdict.ts";
import type {
  EventStore,
  FollowPosition,
  Misbehaviour,
  StoredCheckpoint,
  StoredEntry,
} from "../../ports/event-store.ts";

export type ExportPorts = {
  readonly store: Pick<EventStore, "event" | "position" | "positions" | "checkpoints">;
  /** Proofs out of what is stored, as the verb `follow` makes them; wiring passes them as functions. */
  readonly inclusionOf: (log: LogName, index: LeafIndex, size: TreeSize) => Promise<readonly Sha256[] | undefined>;
  readonly consistencyOf: (log: LogName, from: TreeSize, to: TreeSize) => Promise<readonly Sha256[] | undefined>;
  /** The root of the log's trust domain. */
  readonly trustedRootOf: (
    log: LogName,
  ) => { readonly bytes: Uint8Array; readonly compiled: CompiledTrust } | undefined;
  /** The event's bundle, where one is known and can be had. */
  readonly bundleOf: (event: SigningEvent) => Promise<Uint8Array | undefined>;
  readonly correlationOf: (event: SigningEvent) => Promise<JsonValue | undefined>;
  readonly product: ManifestHead["product"];
};

/** The file, or what is missing for it. */
export type Exported =
  | { readonly ok: true; readonly file: Uint8Array; readonly asOf: UnixMs }
  | { readonly ok: false; readonly verdict: Verdict<never> };

/** How many of the newest checkpoints are looked through for the first that holds the entry. */
const CHECKPOINTS_MAX = 1_000;

/**
 * Exports the evidence of one event as a file that anybody can check with nothing else (transparency-log chapter §8). It
 * is a function of what is stored: the same command gives the same bytes until the log has a new head.
 */
export function exportEvidence(ports: ExportPorts): (log: LogName, logIndex: number) => Promise<Exported> {
  return async (log, logIndex) => {
    const [entry, position] = await Promise.all([ports.store.event(log, logIndex), ports.store.position(log)]);
    if (!entry || !position?.head) return missing("event", `${log}/${logIndex} is not in the store`);
    const trustedRoot = ports.trustedRootOf(log);
    if (!trustedRoot) return missing("trusted root", `no trust domain names the log ${log}`);
    const proof = await gatherProof(ports, entry, position);
    if (!proof) return missing("proof", `the store does not hold ${log} from its beginning to its head`);
    const [bundle, correlation, positions] = await Promise.all([
      ports.bundleOf(entry.event),
      ports.correlationOf(entry.event),
      ports.store.positions(),
    ]);
    const asOf = position.head.firstSeen;
    const coverage = stateCoverage(positions, asOf);
    const files = toEventMembers({
      ...entry,
      proof,
      trustedRoot,
      ...(bundle && { bundle }),
      ...(correlation !== undefined && { correlation }),
      coverage: renderCoverage(coverage),
    });
    const head = { scope: renderEventRef(entry.event), asOf, product: ports.product, notCovered: coverage.notCovered };
    return { ok: true, file: renderTar(sealFiles(files, head)), asOf };
  };
}

function missing(what: string, detail: string): Exported {
  return { ok: false, verdict: unknown(what, detail) };
}

type Proof = Parameters<typeof toEventMembers>[0]["proof"];

/** The proof under the first checkpoint with the entry, and from there to the newest head that the stored entries reach. */
async function gatherProof(
  ports: ExportPorts,
  { event }: StoredEntry,
  position: FollowPosition,
): Promise<Proof | undefined> {
  const { log, logIndex } = event;
  const [first, last] = await reachedCheckpoints(ports, position, logIndex);
  const index = parseLeafIndex(logIndex);
  if (!first || !last || index === undefined) return undefined;
  const path = await ports.inclusionOf(log, index, first.size);
  const consistency = first.size < last.size ? await ports.consistencyOf(log, first.size, last.size) : [];
  if (!path || !consistency) return undefined;
  const origin = first.note.split("\n", 1)[0] ?? "";
  return { origin, index, path, checkpoint: first, head: last, consistency };
}

type ReachedCheckpoint = { readonly size: TreeSize; readonly note: string };

/** Of the log's checkpoints that the stored entries reach, the first with the entry and the newest. */
async function reachedCheckpoints(
  { store }: ExportPorts,
  { log, head, indexedUpto }: FollowPosition,
  logIndex: number,
): Promise<readonly [first: ReachedCheckpoint | undefined, last: ReachedCheckpoint | undefined]> {
  const stored = await store.checkpoints(log, CHECKPOINTS_MAX);
  const reached = [...stored, ...(head ? [head] : [])]
    .filter(({ source, size }) => source === "log" && size > logIndex && size <= indexedUpto)
    .toSorted((a, b) => a.size - b.size)
    .flatMap((checkpoint) => textOf(checkpoint) ?? []);
  return [reached[0], reached.at(-1)];
}

function textOf({ size: stored, note: bytes }: StoredCheckpoint): ReachedCheckpoint | undefined {
  const [size, note] = [parseTreeSize(stored), parseUtf8(bytes)];
  return size === undefined || note === undefined ? undefined : { size, note };
}

/** Exports what shows that a log contradicted itself: its two statements and the proof between them. */
export function exportMisbehaviour(
  found: Misbehaviour,
  trustedRoot: Uint8Array,
  product: ManifestHead["product"],
): Uint8Array {
  const files = Object.entries(found.evidence).map(([path, bytes]) => ({ path, bytes }));
  const head = {
    scope: found.log,
    asOf: found.at,
    product,
    notCovered: ["who of the log's operators did it, and why", "what else the log may have shown to others"],
  };
  return renderTar(sealFiles([...files, { path: TRUSTED_ROOT_MEMBER, bytes: trustedRoot }], head));
}

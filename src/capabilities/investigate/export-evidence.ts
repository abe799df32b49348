import { bug } from "../../core/bug.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { renderCoverage, stateCoverage } from "../../core/coverage/statement.ts";
import type { Sha256 } from "../../core/digest.ts";
import { renderEventRef, type EventRef, type LogName, type SigningEvent } from "../../core/entry/signing-event.ts";
import { toMembers, type EventEvidence, type Showing } from "../../core/evidence/event-members.ts";
import { TRUSTED_ROOT_MEMBER } from "../../core/evidence/judge-evidence-file.ts";
import { sealFiles, type ManifestHead } from "../../core/evidence/manifest.ts";
import { renderTar } from "../../core/evidence/tar.ts";
import type { JsonValue } from "../../core/json/json.ts";
import { parseLeafIndex, parseTreeSize, type LeafIndex, type TreeSize } from "../../core/merkle/tree.ts";
import type { UnixMs } from "../../core/time.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import { unknown, type Gap, type NonEmpty, type Verdict } from "../../core/verdict.ts";
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

/** What is shown: entries, by what name, and what was told of them. */
export type ExportRequest = {
  readonly events: NonEmpty<EventRef>;
  /** `log/index` of the one event, or what the story is of. */
  readonly scope: string;
  readonly story?: JsonValue;
};

/** The file, or what is missing for it. */
export type Exported =
  | { readonly ok: true; readonly file: Uint8Array; readonly asOf: UnixMs; readonly notCovered: readonly string[] }
  | { readonly ok: false; readonly verdict: Verdict<never> };

/** How many of the newest checkpoints are looked through for the first that holds the entries. */
const CHECKPOINTS_MAX = 1_000;
/** Each costs a pass over the stored leaves of its log. */
const EVENTS_MAX = 100;

/**
 * Exports the evidence of events as a file that anybody can check with nothing else (transparency-log chapter §8). It is a
 * function of what is stored: the same command gives the same bytes until a log has a new head. One file has one trusted
 * root, that of the first event; what cannot be shown under it is said in the file.
 */
export function exportEvidence(ports: ExportPorts): (request: ExportRequest) => Promise<Exported> {
  return async ({ events, scope, story }) => {
    const [first] = events;
    const trustedRoot = ports.trustedRootOf(first.log);
    if (!trustedRoot) return missing("trusted root", `no trust domain names the log ${first.log}`);
    const taken = events.slice(0, EVENTS_MAX);
    const isShown = ({ log }: EventRef): boolean => ports.trustedRootOf(log)?.bytes === trustedRoot.bytes;
    const logs = [...new Set(taken.filter(isShown).map(({ log }) => log))];
    const gathered = await Promise.all(
      logs.map((log) =>
        gatherLog(
          ports,
          log,
          taken.flatMap((ref) => (ref.log === log ? ref.logIndex : [])),
        ),
      ),
    );
    const shown = gathered.flatMap(({ found }) => found ?? []);
    const gaps = gathered.flatMap(({ gaps: of }) => of);
    const [newest] = shown.map(({ asOf }) => asOf).toSorted((a, b) => b - a);
    if (newest === undefined) return { ok: false, verdict: { kind: "unknown", gaps: atLeastOne(gaps) } };
    const coverage = stateCoverage(await ports.store.positions(), newest);
    const notCovered = [
      ...coverage.notCovered,
      ...gaps.map(({ missing: what, detail }) => `${what}: ${detail}`),
      ...taken.filter((ref) => !isShown(ref)).map((ref) => `${renderEventRef(ref)}: it is under another trusted root`),
      ...(events.length > EVENTS_MAX ? [`${events.length - EVENTS_MAX} more entries: a file holds ${EVENTS_MAX}`] : []),
    ];
    const files = toMembers({
      logs: shown,
      trustedRoot,
      coverage: renderCoverage(coverage),
      ...(story !== undefined && { story }),
    });
    const head = { scope, asOf: newest, product: ports.product, notCovered };
    return { ok: true, file: renderTar(sealFiles(files, head)), asOf: newest, notCovered };
  };
}

function missing(what: string, detail: string): Exported {
  return { ok: false, verdict: unknown(what, detail) };
}

function atLeastOne([gap, ...gaps]: readonly Gap[]): NonEmpty<Gap> {
  return gap ? [gap, ...gaps] : bug("a log without events has neither evidence nor a gap");
}

type Gathered = {
  readonly found?: Showing["logs"][number] & { readonly asOf: UnixMs };
  readonly gaps: readonly Gap[];
};

/** Entries of one log, all under the first checkpoint that holds them all, and from there to the newest head. */
async function gatherLog(ports: ExportPorts, log: LogName, indexes: readonly number[]): Promise<Gathered> {
  const read = await Promise.all(
    indexes.map(async (logIndex) => ({ logIndex, entry: await ports.store.event(log, logIndex) })),
  );
  const absent = read.flatMap(({ logIndex, entry }): readonly Gap[] =>
    entry ? [] : [{ missing: "event", detail: `${log}/${logIndex} is not in the store` }],
  );
  const entries = read.flatMap(({ entry }) => entry ?? []);
  const position = await ports.store.position(log);
  if (entries.length === 0 || !position?.head) return { gaps: absent };
  const unproven = { missing: "proof", detail: `the store does not hold ${log} from its beginning to its head` };
  const [tree, last] = await reachedCheckpoints(
    ports,
    position,
    Math.max(...entries.map(({ event }) => event.logIndex)),
  );
  if (!tree || !last) return { gaps: [...absent, unproven] };
  const consistency = tree.size < last.size ? await ports.consistencyOf(log, tree.size, last.size) : [];
  const events = await Promise.all(entries.map((entry) => gatherEvent(ports, entry, tree.size)));
  const shown = events.flatMap((event) => event ?? []);
  if (!consistency || shown.length < events.length) return { gaps: [...absent, unproven] };
  const origin = tree.note.split("\n", 1)[0] ?? "";
  const found = { tree: { origin, checkpoint: tree, head: last, consistency }, events: shown };
  return { found: { ...found, asOf: position.head.firstSeen }, gaps: absent };
}

async function gatherEvent(
  ports: ExportPorts,
  { event, body }: StoredEntry,
  size: TreeSize,
): Promise<EventEvidence | undefined> {
  const index = parseLeafIndex(event.logIndex);
  const path = index === undefined ? undefined : await ports.inclusionOf(event.log, index, size);
  if (index === undefined || !path) return undefined;
  const [bundle, correlation] = await Promise.all([ports.bundleOf(event), ports.correlationOf(event)]);
  return { event, body, index, path, ...(bundle && { bundle }), ...(correlation !== undefined && { correlation }) };
}

type ReachedCheckpoint = { readonly size: TreeSize; readonly note: string };

/** Of the log's checkpoints that the stored entries reach, the first with the entries up to an index, and the newest. */
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

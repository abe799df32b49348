import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import { bug } from "../../../core/bug.ts";
import { sameBytes } from "../../../core/bytes/bytes.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { sameDigest, type Sha256 } from "../../../core/digest.ts";
import { Fault } from "../../../core/fault.ts";
import { consistencyPath, inclusionPath } from "../../../core/merkle/proofs.ts";
import { sequence, type LogFile } from "../../../core/merkle/sequencer.ts";
import { bundlePath, ENTRY_BYTES_MAX, extraPath, parseEntryBundle, TILE_WIDTH } from "../../../core/merkle/tiles.ts";
import { leafHash, parseLeafIndex, type LeafIndex, type TreeSize } from "../../../core/merkle/tree.ts";
import { isFrozen, renderCheckpoint } from "../../../core/note/checkpoint.ts";
import { readKeyId, renderNote, type NoteSignature } from "../../../core/note/note.ts";
import type { TileStore } from "../../../ports/tile-store.ts";
import type { NoteSigner } from "./note-signer.ts";
import { CHECKPOINT, leafKey, recoverLog, rootOf, STATE, type LogHead, type Recovered } from "./recover.ts";
import { nextPartials, renderState } from "./state-file.ts";

export type { LogHead } from "./recover.ts";

export type LogEngineOptions = {
  readonly store: TileStore;
  /** Line 1 of its checkpoints. */
  readonly origin: string;
  readonly signer: NoteSigner;
  /** Signs beside the log, as a witness does; its line goes below the log's own. */
  readonly cosign?: (text: string) => NoteSignature;
  /** Whether an extra is kept with every entry. */
  readonly extras?: boolean;
  /** How long a batch waits for more; 0 takes what came in the same turn of the event loop. */
  readonly batchMs?: number;
};

/** What became of an entry: where it is, and a checkpoint that covers it. */
export type Appended = {
  readonly index: LeafIndex;
  readonly leaf: Sha256;
  /** It was there already, and its extra is that of the first time. */
  readonly duplicate: boolean;
  readonly head: LogHead;
  /** Inclusion under `head`, from the leaf upwards. */
  readonly path: readonly Sha256[];
};

/** A log with one writer. What it has confirmed survives a power cut, and has one index. */
export type LogEngine = {
  /** Resolves when a signed checkpoint covers the body. At most 65,535 bytes each. Faults: those of the store. */
  append(body: Uint8Array, extra?: Uint8Array): Promise<Appended>;
  head(): LogHead;
  indexOf(leaf: Sha256): LeafIndex | undefined;
  /** `undefined` beyond the tree's end. */
  entry(index: LeafIndex): Promise<LogEntry | undefined>;
  /** `index < size <= head().size`. */
  inclusion(index: LeafIndex, size: TreeSize): readonly Sha256[];
  /** `0 < from <= to <= head().size`. */
  consistency(from: TreeSize, to: TreeSize): readonly Sha256[];
  rootAt(size: TreeSize): Sha256;
  /** A file by its path; the checkpoint only when it is durable. */
  read(path: string): Promise<Uint8Array | undefined>;
  /**
   * Signs the tree as if the body had been appended, and forgets it: what a log does that breaks its word. For tests of
   * those who watch logs.
   */
  pretend(body: Uint8Array): Promise<Appended>;
  /** Signs the same tree again, so that readers see that the log is alive. */
  resign(): Promise<LogHead>;
  /** Signs the tree for the last time, with this extension line; whatever is appended later is refused. */
  freeze(line: string): Promise<LogHead>;
  /** Waits for what is under way; the store is the caller's to close. */
  close(): Promise<void>;
};

export type LogEntry = { readonly body: Uint8Array; readonly leaf: Sha256; readonly extra?: Uint8Array };

/** More would not make a batch cheaper, and would make its first entry wait. */
const BATCH_ENTRIES_MAX = 256;

const BUNDLES_KEPT = 4;

type Pending = {
  readonly body: Uint8Array;
  readonly extra: Uint8Array | undefined;
  readonly leaf: Sha256;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (reason: unknown) => void;
};

/** The log as it is in memory: what was recovered, and everything appended since. */
type Live = Omit<Recovered, "head" | "target"> & { readonly head: LogHead };

type Log = {
  readonly options: LogEngineOptions;
  live: Live;
  /** A write failed: what is on disk is known again only after it was read again. */
  inDoubt: boolean;
  closed: boolean;
  readonly queue: Pending[];
  /** Resolves when the last of the acts that write is over, well or not. */
  tail: Promise<unknown>;
  /** The last full bundles that were read. */
  readonly bundles: Map<string, readonly Uint8Array[]>;
  /** Runs while entries wait. */
  pump: Promise<void> | undefined;
};

/**
 * Opens a log over the files of a store: recovers what was signed, finishes what was about to be signed, signs the
 * empty tree where there is none. Faults: those of the store, and `store.corrupt`.
 */
export async function openLogEngine(options: LogEngineOptions): Promise<LogEngine> {
  const live = await settle(options, await recoverLog(options.store, options.origin, options.signer));
  const log: Log = {
    options,
    live,
    inDoubt: false,
    closed: false,
    bundles: new Map(),
    queue: [],
    tail: Promise.resolve(),
    pump: undefined,
  };
  return {
    append: (body, extra) => append(log, body, extra),
    head: () => log.live.head,
    indexOf: (leaf) => indexOf(log.live, leaf),
    entry: (index) => readEntry(log, index),
    inclusion: (index, size) => inclusionPath(index, size, log.live.nodes.at),
    consistency: (from, to) => consistencyPath(from, to, log.live.nodes.at),
    rootAt: (size) => rootOf(log.live.nodes, size),
    read: async (path) => (path === CHECKPOINT ? toUtf8(log.live.head.note) : options.store.read(path)),
    pretend: (body) => pretend(log, body),
    resign: () => inTurn(log, () => publishAgain(log, log.live.head.extensions)),
    freeze: (line) => inTurn(log, () => publishAgain(log, [line])),
    close: async () => {
      log.closed = true;
      await log.pump;
      await log.tail;
    },
  };
}

/** Signs a recovered log where its files are further than its checkpoint. */
async function settle(options: LogEngineOptions, recovered: Recovered): Promise<Live> {
  const { head, target, ...rest } = recovered;
  if (head && head.size === target.size) return { ...rest, head };
  return { ...rest, head: await publish(options, target, []) };
}

/** Signs a tree and writes the checkpoint. Its root is in `state`, or in the checkpoint before, already. */
async function publish(
  options: LogEngineOptions,
  tree: { readonly size: TreeSize; readonly root: Sha256 },
  extensions: readonly string[],
): Promise<LogHead> {
  const head = await signHead(options, tree, extensions);
  await options.store.write(CHECKPOINT, toUtf8(head.note));
  return head;
}

async function signHead(
  { origin, signer, cosign }: LogEngineOptions,
  { size, root }: { readonly size: TreeSize; readonly root: Sha256 },
  extensions: readonly string[],
): Promise<LogHead> {
  const text = renderCheckpoint({ origin, size, root, extensions });
  const signature = await signer.sign(toUtf8(text));
  const line = { name: signer.name, keyId: readKeyId(signer.keyId), signature };
  const note = renderNote({ text, signatures: [line, ...(cosign ? [cosign(text)] : [])] });
  return { size, root, extensions, note };
}

async function publishAgain(log: Log, extensions: readonly string[]): Promise<LogHead> {
  const head = await publish(log.options, log.live.head, extensions);
  log.live = { ...log.live, head };
  return head;
}

/** Does one act that writes, after all those before it. After one that failed, the files are read again first. */
async function inTurn<T>(log: Log, act: () => Promise<T>): Promise<T> {
  const turn = log.tail.then(async () => {
    if (log.inDoubt) await recoverAgain(log);
    log.inDoubt = true;
    const done = await act();
    log.inDoubt = false;
    return done;
  });
  log.tail = turn.catch(() => undefined);
  return turn;
}

async function append(log: Log, body: Uint8Array, extra: Uint8Array | undefined): Promise<Appended> {
  if (log.closed) bug("append to a closed log");
  if (isFrozen(log.live.head)) throw new Fault("log.refused", `${log.options.origin} is frozen`);
  if (body.length > ENTRY_BYTES_MAX || (extra?.length ?? 0) > ENTRY_BYTES_MAX) bug("an entry too large for a bundle");
  return new Promise((resolve, reject) => {
    log.queue.push({ body, extra, leaf: leafHash(body), resolve, reject });
    log.pump ??= pump(log);
  });
}

/** Takes batches until the queue is empty. What fails is told to those who wait for it. */
async function pump(log: Log): Promise<void> {
  while (log.queue.length > 0) {
    // oxlint-disable no-await-in-loop -- one batch after the other is the point
    await gather(log);
    const batch = log.queue.splice(0, BATCH_ENTRIES_MAX);
    await inTurn(log, () => appendBatch(log, batch)).catch((error: unknown) => {
      for (const { reject } of batch) reject(error);
    });
    // oxlint-enable no-await-in-loop
  }
  log.pump = undefined;
}

async function gather({ options: { batchMs = 0 }, queue }: Log): Promise<void> {
  if (batchMs > 0 && queue.length < BATCH_ENTRIES_MAX) await delay(batchMs);
  else await nextTurn();
}

async function appendBatch(log: Log, batch: readonly Pending[]): Promise<void> {
  const fresh = firstOfEach(log.live, batch);
  const superseded = fresh.length > 0 ? await commit(log, fresh) : [];
  answer(log.live, batch, new Set(fresh));
  await removeAll(log.options.store, superseded);
}

/** The first of each leaf that is not in the log: entries that differ in nothing are one. */
function firstOfEach({ indexes }: Live, batch: readonly Pending[]): readonly Pending[] {
  const seen = new Set<string>();
  return batch.filter(({ leaf }) => {
    const key = leafKey(leaf);
    if (indexes.has(key) || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/**
 * Writes one batch in the order that a crash may cut anywhere: what the leaves are of, the hashes, what will be signed,
 * the signature. Gives the paths that are superseded.
 */
async function commit(log: Log, batch: readonly Pending[]): Promise<readonly string[]> {
  const { live, options } = log;
  const bodies = batch.map(({ body }) => body);
  const extras = options.extras === true ? batch.map(({ extra }) => extra ?? new Uint8Array(0)) : [];
  const next = sequence(live.sequencer, bodies, extras);
  const { partials, superseded } = nextPartials(live.partials, next.files);
  const { size } = next.state.frontier;
  await writeFiles(options.store, next.files);
  await options.store.write(STATE, renderState({ size, root: next.root, partials }));
  const head = await publish(options, { size, root: next.root }, []);
  for (const [i, leaf] of next.leaves.entries()) {
    live.nodes.append(leaf);
    live.indexes.set(leafKey(leaf), next.firstIndex + i);
  }
  log.live = { ...live, sequencer: next.state, partials, head };
  return superseded;
}

async function writeFiles(store: TileStore, files: readonly LogFile[]): Promise<void> {
  const bundles = files.filter(({ path }) => !isTile(path));
  await Promise.all(bundles.map((file) => writeFile(store, file)));
  // oxlint-disable-next-line no-await-in-loop -- level by level: a hash after what it stands for
  for (const file of files.filter(({ path }) => isTile(path))) await writeFile(store, file);
}

function isTile(path: string): boolean {
  return /^tile\/[0-9]/.test(path);
}

/** A full file never changes: another one in its place is the work of a second writer, or of a broken disk. */
async function writeFile(store: TileStore, { path, bytes, full }: LogFile): Promise<void> {
  const there = full ? await store.read(path) : undefined;
  if (there && !sameBytes(there, bytes)) throw new Fault("store.corrupt", `log: ${path} is another already`);
  await store.write(path, bytes);
}

function answer(live: Live, batch: readonly Pending[], fresh: ReadonlySet<Pending>): void {
  const { head, nodes } = live;
  for (const pending of batch) {
    const { leaf } = pending;
    const index = indexOf(live, leaf) ?? bug("an entry without an index after its batch");
    const path = inclusionPath(index, head.size, nodes.at);
    pending.resolve({ index, leaf, duplicate: !fresh.has(pending), head, path });
  }
}

async function removeAll(store: TileStore, paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => store.remove(path)));
}

/** Reads the log again after a write failed; it must be the log that was last signed, or one that grew from it. */
async function recoverAgain(log: Log): Promise<void> {
  const { store, origin, signer } = log.options;
  const { head } = log.live;
  const recovered = await recoverLog(store, origin, signer);
  const { target, nodes } = recovered;
  if (target.size < head.size || !sameDigest(rootOf(nodes, head.size), head.root)) {
    throw new Fault("store.corrupt", `log: the files are not those of the checkpoint of size ${head.size}`);
  }
  log.live = await settle(log.options, recovered);
}

/** The path of a last leaf is the frontier before it, the smallest subtree first. */
async function pretend({ live, options }: Log, body: Uint8Array): Promise<Appended> {
  const { frontier } = live.sequencer;
  const { root, leaves, firstIndex, state } = sequence(live.sequencer, [body]);
  const head = await signHead(options, { size: state.frontier.size, root }, []);
  const leaf = leaves[0] ?? bug("one body has one leaf");
  return { index: firstIndex, leaf, duplicate: false, head, path: frontier.hashes.toReversed() };
}

function indexOf({ indexes }: Live, leaf: Sha256): LeafIndex | undefined {
  const index = indexes.get(leafKey(leaf));
  return index === undefined ? undefined : parseLeafIndex(index);
}

async function readEntry(log: Log, index: LeafIndex): Promise<LogEntry | undefined> {
  const { sequencer, head } = log.live;
  if (index >= head.size) return undefined;
  const place = index % TILE_WIDTH;
  const number = Math.floor(index / TILE_WIDTH);
  const inEdge = number === Math.floor(head.size / TILE_WIDTH);
  const bundle = inEdge ? sequencer.bundle : await readFull(log, bundlePath(number, TILE_WIDTH));
  const extras = inEdge ? sequencer.extras : await readExtras(log, number);
  const body = bundle[place] ?? bug("a bundle without the entry it should hold");
  const leaf = log.live.nodes.at(0, index);
  if (!sameDigest(leafHash(body), leaf)) throw new Fault("store.corrupt", `log: entry ${index}`);
  const extra = extras[place];
  return { body, leaf, ...(extra && { extra }) };
}

async function readExtras(log: Log, number: number): Promise<readonly Uint8Array[]> {
  return log.options.extras === true ? readFull(log, extraPath(number, TILE_WIDTH)) : [];
}

/** Entries are asked for in the order of the log, so the last few bundles serve nearly all. A full one never changes. */
async function readFull({ options, bundles }: Log, path: string): Promise<readonly Uint8Array[]> {
  const known = bundles.get(path);
  if (known) return known;
  const bytes = await options.store.read(path);
  const entries = bytes && parseEntryBundle(bytes, TILE_WIDTH);
  if (!entries) throw new Fault("store.corrupt", `log: ${path}`);
  bundles.set(path, entries);
  for (const oldest of [...bundles.keys()].slice(0, -BUNDLES_KEPT)) bundles.delete(oldest);
  return entries;
}

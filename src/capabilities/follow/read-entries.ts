import { bug } from "../../core/bug.ts";
import { sameDigest } from "../../core/digest.ts";
import { appendLeaves, frontierRoot, type Frontier } from "../../core/merkle/frontier.ts";
import type { StoredCheckpoint } from "../../ports/event-store.ts";
import type { Rekor1Entry, Rekor1Reader } from "../../ports/transparency-log.ts";
import type { AuthenticLeaf, StepContext } from "./context.ts";
import { contradiction } from "./contradiction.ts";
import { proven, unproven, type Proven } from "./followed-log.ts";
import { judgeEntry, judgePath, type ProvenPath, type Tree } from "./rekor1-entry.ts";

/** What one request may ask for (rekor `openapi.yaml`). */
const REQUEST_ENTRIES = 10;
/** Requests under way at once; what they answer is one transaction. */
const REQUESTS_AT_ONCE = 4;

export type EntryReading = { readonly reader: Rekor1Reader; readonly tree: Tree; readonly entriesMax: number };

/** What one request answered: all that it asked for, in order. */
type Batch = { readonly leaves: readonly AuthenticLeaf[]; readonly last: ProvenPath };

/**
 * Reads the entries below the head in batches. Of each only the last entry's proof is verified: its left siblings are the
 * frontier of everything before it, so that they prove the batch, and that it continues what is stored (chapter §5).
 */
export async function readEntries(context: StepContext, reading: EntryReading): Promise<Proven<undefined>> {
  const head = context.position().head ?? bug("entries are read below a head");
  const end = Math.min(head.size, context.position().indexedUpto + reading.entriesMax);
  for (let frontier = context.frontier(); frontier.size < end;) {
    // oxlint-disable-next-line no-await-in-loop -- a window is stored before the next one is asked for
    const window = await readWindow(context, reading, [frontier.size, end]);
    if (!window.ok) return window;
    const appended = appendWindow(frontier, window.value);
    if (!appended.ok) return appended;
    frontier = appended.value;
    const last = window.value.at(-1)?.last;
    if (frontier.size === head.size && last && !sameDigest(frontierRoot(frontier), head.root)) {
      return judgeEnd(head, last);
    }
    // oxlint-disable-next-line no-await-in-loop -- as above
    await context.append(
      window.value.flatMap(({ leaves }) => leaves),
      frontier,
    );
  }
  return proven(undefined);
}

/**
 * The last entry below the head is proven under the log's checkpoint, and with all before it gives another root than the
 * head's. Under a larger checkpoint the next entry shows that; it is met when the head moves, so here it is only unproven.
 */
function judgeEnd(head: StoredCheckpoint, { checkpoint }: ProvenPath): Proven<undefined> {
  return checkpoint.size === head.size
    ? contradiction(checkpoint.origin, [head, checkpoint])
    : unproven("proof-invalid", `the entries below ${head.size} do not give the root of the head`);
}

async function readWindow(
  context: StepContext,
  { reader, tree }: EntryReading,
  [from, end]: readonly [number, number],
): Promise<Proven<readonly Batch[]>> {
  const starts = Array.from({ length: REQUESTS_AT_ONCE }, (_, i) => from + i * REQUEST_ENTRIES).filter(
    (at) => at < end,
  );
  const answers = await Promise.all(
    starts.map(async (start) => {
      const length = Math.min(REQUEST_ENTRIES, end - start);
      const wanted = Array.from({ length }, (_, i) => tree.offset + start + i);
      return judgeBatch(await reader.entries(wanted, context.signal), wanted, tree);
    }),
  );
  const batches: Batch[] = [];
  for (const answer of answers) {
    if (!answer.ok) return answer;
    batches.push(answer.value);
  }
  return proven(batches);
}

/** An answer may be short, in any order, or about others than were asked for; only the set of indexes counts. */
function judgeBatch(answer: readonly Rekor1Entry[], wanted: readonly number[], tree: Tree): Proven<Batch> {
  const byIndex = new Map(answer.map((entry) => [entry.entry.logIndex, entry]));
  if (answer.length !== wanted.length || !wanted.every((index) => byIndex.has(index))) {
    const missing = wanted.filter((index) => !byIndex.has(index));
    return unproven("incomplete-answer", `${answer.length} of ${wanted.length} entries, without ${missing.join(", ")}`);
  }
  const leaves: AuthenticLeaf[] = [];
  let last: ProvenPath | undefined;
  for (const index of wanted) {
    const entry = byIndex.get(index) ?? bug("an entry that was answered");
    const leaf = judgeEntry(entry, tree);
    if (!leaf.ok) return leaf;
    leaves.push(leaf.value);
    if (index !== wanted.at(-1)) continue;
    const path = judgePath(entry, tree);
    if (!path.ok) return path;
    last = path.value;
  }
  return proven({ leaves, last: last ?? bug("a batch of no entries") });
}

/** The frontier after a window, which each batch's last path must show too. */
function appendWindow(start: Frontier, batches: readonly Batch[]): Proven<Frontier> {
  let frontier = start;
  for (const { leaves, last } of batches) {
    const hashes = leaves.map(({ leafHash }) => leafHash);
    const before = appendLeaves(frontier, hashes.slice(0, -1));
    if (before.size !== last.before.size || !before.hashes.every((hash, i) => isAt(last.before, i, hash))) {
      return unproven("wrong-entry", `entries up to ${before.size} are not those before entry ${before.size}`);
    }
    frontier = appendLeaves(before, hashes.slice(-1));
  }
  return proven(frontier);
}

function isAt({ hashes }: Frontier, at: number, hash: Frontier["hashes"][number]): boolean {
  const other = hashes[at];
  return other !== undefined && sameDigest(other, hash);
}

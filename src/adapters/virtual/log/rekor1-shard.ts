import { bug } from "../../../core/bug.ts";
import { toBase64 } from "../../../core/bytes/base64.ts";
import { toHex } from "../../../core/bytes/hex.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import type { Sha256 } from "../../../core/digest.ts";
import { isJsonArray } from "../../../core/json/json.ts";
import { readJson } from "../../../core/json/read-json.ts";
import { ENTRY_BYTES_MAX } from "../../../core/merkle/tiles.ts";
import { parseLeafIndex, type LeafIndex } from "../../../core/merkle/tree.ts";
import { toSetBytes } from "../../../core/verify/judge-set.ts";
import type { Appended, LogEngine } from "./engine.ts";
import type { NoteSigner } from "./note-signer.ts";

/** One tree of a Rekor v1: the active one, or one that is finished. */
export type Shard = {
  /** Decimal, below 2^63. */
  readonly treeId: string;
  /** Global index of its first entry: the length of all older trees. */
  readonly offset: number;
  readonly log: LogEngine;
  readonly signer: NoteSigner;
};

/** What is kept with a body: when it was taken in, and what the search index finds it by. */
type Extra = { readonly integratedTime: number; readonly indexKeys: readonly string[] };

/** More are dropped, as the index of a real Rekor may lose keys; so that they fit beside an entry. */
const INDEX_KEYS_MAX = 400;
const INDEX_KEY_CHARACTERS_MAX = 150;

export function renderExtra({ integratedTime, indexKeys }: Extra): Uint8Array {
  const keys = indexKeys.filter(({ length }) => length <= INDEX_KEY_CHARACTERS_MAX).slice(0, INDEX_KEYS_MAX);
  return toUtf8(JSON.stringify([integratedTime, ...keys]));
}

function parseExtra(bytes: Uint8Array | undefined): Extra {
  const json = readJson(bytes ?? new Uint8Array(0), { bytesMax: ENTRY_BYTES_MAX, depthMax: 1 });
  const [time, ...keys] = json.ok && isJsonArray(json.value) ? json.value : [];
  if (typeof time !== "number") return bug("an entry without its time");
  return { integratedTime: time, indexKeys: keys.filter((key) => typeof key === "string") };
}

/** 16 digits of tree id and 64 of leaf hash (rekor `pkg/sharding/sharding.go`). */
export function entryIdOf({ treeId }: Pick<Shard, "treeId">, leaf: Sha256): string {
  return `${BigInt(treeId).toString(16).padStart(16, "0")}${toHex(leaf)}`;
}

/** `{<entry id>: LogEntryAnon}` of an entry, as it was just appended. */
export async function renderAppended(
  shard: Shard,
  entry: { readonly body: Uint8Array; readonly integratedTime: number },
  { index, leaf, head, path }: Omit<Appended, "duplicate">,
): Promise<Record<string, unknown>> {
  const logIndex = shard.offset + index;
  const { body: canonicalizedBody, integratedTime } = entry;
  const logId = shard.signer.keyId;
  const set = toSetBytes({ canonicalizedBody, integratedTime, logId, logIndex, kind: "", apiVersion: "" });
  return {
    [entryIdOf(shard, leaf)]: {
      body: toBase64(canonicalizedBody),
      integratedTime,
      logID: toHex(logId),
      logIndex,
      verification: {
        inclusionProof: {
          checkpoint: head.note,
          hashes: path.map(toHex),
          logIndex: index,
          rootHash: toHex(head.root),
          treeSize: head.size,
        },
        signedEntryTimestamp: toBase64(await shard.signer.sign(set)),
      },
    },
  };
}

/** The same of an entry that is in the tree; `undefined` beyond its end. */
export async function renderEntry(shard: Shard, index: LeafIndex): Promise<Record<string, unknown> | undefined> {
  const { log } = shard;
  const head = log.head();
  const entry = index < head.size ? await log.entry(index) : undefined;
  if (!entry) return undefined;
  const { body, leaf, extra } = entry;
  const { integratedTime } = parseExtra(extra);
  return renderAppended(shard, { body, integratedTime }, { index, leaf, head, path: log.inclusion(index, head.size) });
}

/** Entries by the keys of the search index, in memory; read back from what is kept beside the entries. */
export type SearchIndex = {
  readonly add: (entryId: string, keys: readonly string[]) => void;
  readonly find: (key: string) => readonly string[];
};

export async function openSearchIndex(shards: readonly Shard[]): Promise<SearchIndex> {
  const entryIds = new Map<string, string[]>();
  const add: SearchIndex["add"] = (entryId, keys) => {
    for (const key of new Set(keys)) {
      const known = entryIds.get(key);
      if (known) known.push(entryId);
      else entryIds.set(key, [entryId]);
    }
  };
  for (const shard of shards) {
    for (let index = 0; index < shard.log.head().size; index++) {
      // oxlint-disable-next-line no-await-in-loop -- in the order of the log, once at start-up
      const entry = await shard.log.entry(parseLeafIndex(index) ?? bug("an index below a size"));
      if (entry) add(entryIdOf(shard, entry.leaf), parseExtra(entry.extra).indexKeys);
    }
  }
  return { add, find: (key) => entryIds.get(key) ?? [] };
}

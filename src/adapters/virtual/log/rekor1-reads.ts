import { toHex, parseHex } from "../../../core/bytes/hex.ts";
import { parseSha256Hex } from "../../../core/digest.ts";
import {
  shapeOf,
  startReading,
  toArray,
  toFullBytes,
  toObject,
  toText,
  type Reading,
} from "../../../core/json/fields.ts";
import { isJsonObject, type JsonValue } from "../../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../../core/json/read-json.ts";
import { leafHash, parseLeafIndex, parseTreeSize } from "../../../core/merkle/tree.ts";
import { malformed, parsed, type Parsed } from "../../../core/parsed.ts";
import type { VerifyPrehashed } from "../../../ports/prehash-verifier.ts";
import { jsonReply, type Exchange, type Reply } from "../serve.ts";
import { judgeProposed, PROPOSAL_BYTES_MAX } from "./rekor1-proposal.ts";
import { renderEntry, type SearchIndex, type Shard } from "./rekor1-shard.ts";
import { keyDigest, parseVerifier } from "./rekor1-verifier.ts";

/** The log as its readers see it. */
export type Rekor1State = {
  /** The finished trees, oldest first, and the active one behind them. */
  readonly shards: readonly Shard[];
  readonly active: Shard;
  readonly index: SearchIndex;
  readonly verifyPrehashed: VerifyPrehashed;
};

/** rekor `pkg/api/entries.go`, maxSearchQueries. */
const QUERIES_MAX = 10;
const KEY_BYTES_MAX = 65_536;
const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/** An error as Rekor v1 sends it. */
export function problem(code: number, message: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return jsonReply(code, { code, message }, headers);
}

/** `GET /api/v1/log` (rekor `pkg/api/tlog.go`). */
export function renderLogInfo({ shards, active }: Rekor1State): Reply {
  const inactive = shards.filter((shard) => shard !== active).map(renderShard);
  return jsonReply(200, { inactiveShards: inactive, ...renderShard(active) });
}

function renderShard({ treeId, log }: Shard): Record<string, unknown> {
  const { size, root, note } = log.head();
  return { rootHash: toHex(root), signedTreeHead: note, treeID: treeId, treeSize: size };
}

/** `GET /api/v1/log/proof?firstSize=&lastSize=&treeID=`. The root beside the proof is that of the tree as it is now. */
export function renderProof(state: Rekor1State, query: URLSearchParams): Reply {
  const from = toSize(query.get("firstSize") ?? "1");
  const to = toSize(query.get("lastSize") ?? "");
  if (from === undefined || to === undefined || from === 0 || to === 0) {
    return problem(422, "firstSize and lastSize must be positive numbers");
  }
  if (from > to) return problem(400, `firstSize(${from}) must be less than lastSize(${to})`);
  const treeId = query.get("treeID") ?? "";
  const shard = treeId === "" ? state.active : state.shards.find((candidate) => candidate.treeId === treeId);
  if (!shard) return problem(400, `log range doesn't exist for tree ID: ${treeId.slice(0, 20)}`);
  const head = shard.log.head();
  if (to > head.size) {
    return problem(400, `the tree size requested(${to}) was greater than what is currently observable(${head.size})`);
  }
  return jsonReply(200, { hashes: shard.log.consistency(from, to).map(toHex), rootHash: toHex(head.root) });
}

function toSize(text: string) {
  return DECIMAL.test(text) ? parseTreeSize(Number(text)) : undefined;
}

/** `GET /api/v1/log/entries?logIndex=`, over all trees. */
export async function readByIndex(state: Rekor1State, query: URLSearchParams): Promise<Reply> {
  const text = query.get("logIndex") ?? "";
  if (!DECIMAL.test(text)) return problem(422, "logIndex in query must be greater than or equal to 0");
  const entry = await entryAt(state, Number(text));
  return entry ? jsonReply(200, entry) : problem(404, "Not Found");
}

async function entryAt({ shards }: Rekor1State, globalIndex: number): Promise<Record<string, unknown> | undefined> {
  const shard = shards.findLast(({ offset }) => offset <= globalIndex);
  const index = shard && parseLeafIndex(globalIndex - shard.offset);
  return shard && index !== undefined ? renderEntry(shard, index) : undefined;
}

/** `GET /api/v1/log/entries/{id}`: 80 digits name the tree, 64 any. */
export async function readById(state: Rekor1State, id: string): Promise<Reply> {
  if (!isEntryId(id)) return problem(422, "entryUUID in path should match '^([0-9a-fA-F]{64}|[0-9a-fA-F]{80})$'");
  const entry = await entryOf(state, id.toLowerCase());
  return entry ? jsonReply(200, entry) : problem(404, "Not Found");
}

function isEntryId(id: string): boolean {
  return /^(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{80})$/.test(id);
}

async function entryOf({ shards }: Rekor1State, id: string): Promise<Record<string, unknown> | undefined> {
  const leaf = parseSha256Hex(id.slice(-64));
  const treeId = id.length === 80 ? BigInt(`0x${id.slice(0, 16)}`).toString() : undefined;
  for (const shard of shards.toReversed()) {
    const index = leaf && (treeId === undefined || treeId === shard.treeId) ? shard.log.indexOf(leaf) : undefined;
    if (index !== undefined) return renderEntry(shard, index);
  }
  return undefined;
}

const RETRIEVAL = shapeOf("the request", ["logIndexes", "entryUUIDs", "entries"]);

/** `POST /api/v1/log/entries/retrieve`: what is found by id, and every index, or 500 when one is beyond the end. */
export async function retrieve(state: Rekor1State, { body }: Exchange): Promise<Reply> {
  const json = readJson(body, { bytesMax: PROPOSAL_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!json.ok) return problem(400, json.detail);
  const reading = startReading();
  const request = toObject(reading, json.value, RETRIEVAL);
  const indexes = toArray(reading, request["logIndexes"], "logIndexes");
  const ids = toArray(reading, request["entryUUIDs"], "entryUUIDs");
  const proposals = toArray(reading, request["entries"], "entries");
  const read = reading.conclude(undefined);
  if (!read.ok) return problem(422, read.detail);
  if (indexes.length + ids.length + proposals.length > QUERIES_MAX) {
    return problem(422, `more than max allowed ${QUERIES_MAX} entries in request`);
  }
  const entryIds = ids.filter((id) => typeof id === "string").filter(isEntryId);
  const globals = indexes.filter((index) => typeof index === "number");
  if (entryIds.length < ids.length || globals.length < indexes.length)
    return problem(422, "an id or index is malformed");
  const proposed = leafIdsOf(state, proposals);
  if (!proposed.ok) return problem(400, proposed.detail);
  const wanted = [...entryIds.map((id) => id.toLowerCase()), ...proposed.value];
  const found = await Promise.all(wanted.map((id) => entryOf(state, id)));
  const indexed = await Promise.all(globals.map((index) => entryAt(state, index)));
  if (indexed.includes(undefined)) return problem(500, "unexpected error communicating with transparency log");
  return jsonReply(200, [...found.filter((entry) => entry !== undefined), ...indexed]);
}

function leafIdsOf({ verifyPrehashed }: Rekor1State, proposals: readonly JsonValue[]): Parsed<readonly string[]> {
  const ids: string[] = [];
  for (const proposal of proposals) {
    const judged = judgeProposed(proposal, verifyPrehashed);
    if (!judged.ok) return judged;
    ids.push(toHex(leafHash(judged.value.body)));
  }
  return parsed(ids);
}

const QUERY = shapeOf("the query", ["email", "subject", "hash", "publicKey", "operator"]);
const PUBLIC_KEY = shapeOf("publicKey", ["format", "content", "url"]);

/** `POST /api/v1/index/retrieve` (rekor `pkg/api/index.go`): entry ids, newest last; hints, never more. */
export function search({ index }: Rekor1State, { body }: Exchange): Reply {
  const json = readJson(body, { bytesMax: PROPOSAL_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!json.ok || !isJsonObject(json.value)) return problem(400, "the query is not a JSON object");
  const reading = startReading();
  const query = toObject(reading, json.value, QUERY);
  const operator = toText(reading, query["operator"], "operator");
  if (operator !== "" && operator !== "or" && operator !== "and") reading.refuse("field-type", "operator is unknown");
  const keys = ["email", "subject"].map((name) => toText(reading, query[name], name).toLowerCase());
  const hash = toText(reading, query["hash"], "hash").toLowerCase();
  const key = toKey(reading, query["publicKey"]);
  const read = reading.conclude(undefined);
  if (!read.ok) return problem(422, read.detail);
  if (!key.ok) return problem(400, "public key provided could not be parsed");
  const lookups = [...keys, hash === "" ? "" : withAlgorithm(hash), key.value].filter((lookup) => lookup !== "");
  const results = lookups.map((lookup) => new Set(index.find(lookup)));
  const all = [...new Set(results.flatMap((ids) => [...ids]))];
  return jsonReply(200, operator === "and" ? all.filter((id) => results.every((ids) => ids.has(id))) : all);
}

function toKey(reading: Reading, value: JsonValue | undefined): Parsed<string> {
  if (value === undefined || value === null) return parsed("");
  const publicKey = toObject(reading, value, PUBLIC_KEY);
  if (publicKey["format"] !== "x509") return malformed("pki-format", "the PKI format is not supported");
  const verifier = parseVerifier(toFullBytes(reading, publicKey["content"], "publicKey.content", KEY_BYTES_MAX));
  return verifier.ok ? parsed(toHex(keyDigest(verifier.value))) : verifier;
}

/** A bare digest gets the name that goes with its length (rekor `pkg/util/sha.go`). */
function withAlgorithm(hash: string): string {
  if (parseHex(hash) === undefined) return hash;
  const names: Readonly<Record<number, string>> = { 40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512" };
  const name = names[hash.length];
  return name === undefined ? hash : `${name}:${hash}`;
}

import { parseHex } from "../../core/bytes/hex.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault, renameFault, type FaultId } from "../../core/fault.ts";
import { startReading, toArray, toCount, toFullText, toText, type Reading } from "../../core/json/fields.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import type { HttpClient, HttpRequest } from "../../ports/http-client.ts";
import type { Rekor1Reader, Rekor1Shard } from "../../ports/transparency-log.ts";
import { ANSWER_BYTES_MAX, readEntryList } from "./entry.ts";

export type Rekor1ReaderOptions = {
  /** The base, without `/api/v1`. */
  readonly url: string;
  readonly timeoutMs?: number;
};

const TIMEOUT_MS = 30_000;
const STATE_BYTES_MAX = 1024 * 1024;
const SHARDS_MAX = 64;
const HASHES_MAX = 128;
/** More are answered with 422 (rekor `openapi.yaml`). */
const ENTRIES_MAX = 10;
const TREE_ID = /^(?:0|[1-9][0-9]{0,19})$/;
const TRANSPORT: Partial<Record<FaultId, FaultId>> = {
  "http.unreachable": "log.unreachable",
  "http.timeout": "log.unreachable",
  "http.too-large": "log.too-large",
  "http.malformed": "log.malformed",
};

/** Reads a Rekor v1 (rekor `openapi.yaml`). Nothing that it says is believed here. */
export function rekor1Reader(http: HttpClient, options: Rekor1ReaderOptions): Rekor1Reader {
  const base = `${options.url.replace(/\/+$/, "")}/api/v1/log`;
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const fetch = async (
    request: Pick<HttpRequest, "method" | "url" | "body" | "bytesMax">,
    signal: AbortSignal,
  ): Promise<Uint8Array> => {
    const { url } = request;
    const headers = { accept: "application/json", ...(request.body && { "content-type": "application/json" }) };
    const { status, body } = await http.send({ ...request, headers, timeoutMs }, signal).catch((error: unknown) => {
      throw renameFault(error, TRANSPORT);
    });
    if (status === 200) return body;
    if (status === 404) throw new Fault("log.missing", url);
    throw new Fault(status === 429 || status >= 500 ? "log.unreachable" : "log.refused", `${url}: ${status}`);
  };

  return {
    type: "rekor1",
    shards: async (signal) =>
      readState(await fetch({ method: "GET", url: base, bytesMax: STATE_BYTES_MAX }, signal), base),
    entries: async (globalIndexes, signal) => {
      const url = `${base}/entries/retrieve`;
      const body = toUtf8(JSON.stringify({ logIndexes: globalIndexes.slice(0, ENTRIES_MAX) }));
      return readEntryList(await fetch({ method: "POST", url, body, bytesMax: ANSWER_BYTES_MAX }, signal), url);
    },
    consistency: async (from, to, treeId, signal) => {
      const url = `${base}/proof?firstSize=${from}&lastSize=${to}&treeID=${treeId}`;
      return readProof(await fetch({ method: "GET", url, bytesMax: STATE_BYTES_MAX }, signal), url);
    },
  };
}

/** The state of the log: the active tree, then the inactive ones as they stand, oldest first. */
function readState(body: Uint8Array, url: string): readonly Rekor1Shard[] {
  const state = readObject(body, url);
  const reading = startReading();
  const inactive = toArray(reading, state["inactiveShards"], "inactiveShards");
  if (inactive.length > SHARDS_MAX) reading.refuse("too-large", `${inactive.length} shards`);
  const shards = [state, ...inactive.slice(0, SHARDS_MAX)].map((shard) => toShard(reading, shard));
  const read = reading.conclude(shards);
  if (!read.ok) throw new Fault("log.malformed", `${url}: ${read.detail}`);
  return read.value;
}

function toShard(reading: Reading, value: JsonValue): Rekor1Shard {
  const shard = isJsonObject(value) ? value : {};
  const treeId = toFullText(reading, shard["treeID"], "treeID");
  if (!TREE_ID.test(treeId)) reading.refuse("int", "treeID is not a decimal number");
  return {
    treeId,
    treeSize: toCount(reading, shard["treeSize"], "treeSize"),
    checkpoint: toUtf8(toFullText(reading, shard["signedTreeHead"], "signedTreeHead")),
  };
}

/** The root that stands beside the hashes is that of the tree as it is now, not of `lastSize`: it is not read. */
function readProof(body: Uint8Array, url: string): readonly Uint8Array[] {
  const reading = startReading();
  const hashes = toArray(reading, readObject(body, url)["hashes"], "hashes");
  if (hashes.length > HASHES_MAX) reading.refuse("too-large", `${hashes.length} hashes`);
  const read = reading.conclude(hashes.slice(0, HASHES_MAX).map((hash) => toHash(reading, hash)));
  if (!read.ok) throw new Fault("log.malformed", `${url}: ${read.detail}`);
  return read.value;
}

function toHash(reading: Reading, value: JsonValue): Uint8Array {
  const text = toText(reading, value, "a hash");
  const bytes = parseHex(text);
  if (bytes?.length === 32) return bytes;
  reading.refuse("field-type", "a hash is not 64 hexadecimal digits");
  return new Uint8Array(32);
}

function readObject(body: Uint8Array, url: string): JsonObject {
  const json = readJson(body, { bytesMax: STATE_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!json.ok) throw new Fault("log.malformed", `${url}: ${json.detail}`);
  if (!isJsonObject(json.value)) throw new Fault("log.malformed", `${url}: not an object`);
  return json.value;
}

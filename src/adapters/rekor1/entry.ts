import { parseHex } from "../../core/bytes/hex.ts";
import { Fault } from "../../core/fault.ts";
import type { EntryInclusionProof, TlogEntry } from "../../core/bundle/bundle.ts";
import { startReading, toArray, toCount, toFullBytes, toText, type Reading } from "../../core/json/fields.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import type { Rekor1Entry } from "../../ports/transparency-log.ts";

/** The largest answer read: ten entries of the size that public instances take. */
export const ANSWER_BYTES_MAX: number = 16 * 1024 * 1024;
const BODY_BYTES_MAX = 4 * 1024 * 1024;
const SET_BYTES_MAX = 4096;
const HASHES_MAX = 63;
const ENTRY_ID = /^(?:[0-9a-f]{64}|[0-9a-f]{80})$/;

/**
 * Reads `{<entryId>: LogEntryAnon, …}`, as Rekor v1 answers (rekor `openapi.yaml`), into entries as bundles hold them.
 * Members that are not needed are passed over. `log.malformed` for anything else.
 */
export function readEntryMap(body: Uint8Array, url: string): readonly Rekor1Entry[] {
  return toEntries(toJson(body, url), url);
}

/** Reads `[{<entryId>: LogEntryAnon}, …]`, the answer to a retrieval of several, in whatever order they stand. */
export function readEntryList(body: Uint8Array, url: string): readonly Rekor1Entry[] {
  const maps = toJson(body, url);
  if (!isJsonArray(maps)) throw new Fault("log.malformed", `${url}: not a list of entries`);
  return maps.flatMap((map) => toEntries(map, url));
}

function toJson(body: Uint8Array, url: string): JsonValue {
  const json = readJson(body, { bytesMax: ANSWER_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!json.ok) throw new Fault("log.malformed", `${url}: ${json.detail}`);
  return json.value;
}

function toEntries(map: JsonValue, url: string): readonly Rekor1Entry[] {
  if (!isJsonObject(map)) throw new Fault("log.malformed", `${url}: not a map of entries`);
  return Object.entries(map).map(([entryId, entry]) => {
    if (!ENTRY_ID.test(entryId)) {
      throw new Fault("log.malformed", `${url}: an entry id of ${entryId.length} characters`);
    }
    if (!isJsonObject(entry)) throw new Fault("log.malformed", `${url}: entry ${entryId} is not an object`);
    return { entryId, entry: toEntry(entry, `${url}: entry ${entryId}`) };
  });
}

function toEntry(entry: JsonObject, subject: string): TlogEntry {
  const reading = startReading();
  const canonicalizedBody = toFullBytes(reading, entry["body"], "body", BODY_BYTES_MAX);
  const { kind, apiVersion } = toKind(canonicalizedBody);
  const verification = toMap(entry["verification"]);
  const signedEntryTimestamp = verification["signedEntryTimestamp"];
  const inclusionProof = toProof(reading, verification["inclusionProof"]);
  const value: TlogEntry = {
    logIndex: toCount(reading, entry["logIndex"], "logIndex"),
    logId: toHexBytes(reading, entry["logID"], "logID"),
    kind,
    apiVersion,
    integratedTime: toCount(reading, entry["integratedTime"], "integratedTime"),
    ...(signedEntryTimestamp !== undefined && {
      signedEntryTimestamp: toFullBytes(reading, signedEntryTimestamp, "signedEntryTimestamp", SET_BYTES_MAX),
    }),
    ...(inclusionProof && { inclusionProof }),
    canonicalizedBody,
  };
  const read = reading.conclude(value);
  if (!read.ok) throw new Fault("log.malformed", `${subject}: ${read.detail}`);
  return read.value;
}

/**
 * The kind stands in the body alone. Whether the body is what its kind says is judged elsewhere: one that names no kind
 * is still an entry of the log, and must not make the others beside it unreadable.
 */
function toKind(body: Uint8Array): { readonly kind: string; readonly apiVersion: string } {
  const json = readJson(body, { bytesMax: BODY_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  const { kind, apiVersion } = json.ok ? toMap(json.value) : {};
  return {
    kind: typeof kind === "string" ? kind : "",
    apiVersion: typeof apiVersion === "string" ? apiVersion : "",
  };
}

function toProof(reading: Reading, value: JsonValue | undefined): EntryInclusionProof | undefined {
  if (value === undefined || value === null) return undefined;
  const proof = toMap(value);
  const hashes = toArray(reading, proof["hashes"], "hashes");
  if (hashes.length > HASHES_MAX) reading.refuse("too-large", `a proof of ${hashes.length} hashes`);
  const checkpoint = toText(reading, proof["checkpoint"], "checkpoint");
  return {
    logIndex: toCount(reading, proof["logIndex"], "the proof's logIndex"),
    rootHash: toHexBytes(reading, proof["rootHash"], "rootHash"),
    treeSize: toCount(reading, proof["treeSize"], "treeSize"),
    hashes: hashes.slice(0, HASHES_MAX).map((hash) => toHexBytes(reading, hash, "a hash of the proof")),
    ...(checkpoint !== "" && { checkpoint }),
  };
}

/** All hashes of Rekor v1 are SHA-256, in hexadecimal where bundles use base64. */
function toHexBytes(reading: Reading, value: JsonValue | undefined, where: string): Uint8Array {
  const bytes = parseHex(toText(reading, value, where));
  if (bytes?.length === 32) return bytes;
  reading.refuse("field-type", `${where} is not 64 hexadecimal digits`);
  return new Uint8Array(32);
}

function toMap(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

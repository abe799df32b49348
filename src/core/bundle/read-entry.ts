import {
  shapeOf,
  startReading,
  toArray,
  toBytes,
  toCount,
  toFullBytes,
  toFullText,
  toObject,
  toText,
  type FieldCode,
  type Reading,
} from "../json/fields.ts";
import type { JsonValue } from "../json/json.ts";
import type { Parsed } from "../parsed.ts";
import type { EntryInclusionProof, TlogEntry } from "./bundle.ts";

export type EntryCode = FieldCode | "too-many-hashes" | "proof-hash";

/** A path of 63 hashes proves a place in a tree of 2^63 leaves. */
const HASHES_MAX = 63;
const HASH_BYTES = 32;
const CHECKPOINT_CHARACTERS_MAX = 65_536;
const LOG_ID_BYTES_MAX = 64;
const SET_BYTES_MAX = 4096;
const BODY_BYTES_MAX = 4_194_304;

const ENTRY = shapeOf("tlogEntry", [
  "logIndex",
  "logId",
  "kindVersion",
  "integratedTime",
  "inclusionPromise",
  "inclusionProof",
  "canonicalizedBody",
]);
const LOG_ID = shapeOf("tlogEntry.logId", ["keyId"]);
const KIND_VERSION = shapeOf("tlogEntry.kindVersion", ["kind", "version"]);
const PROMISE = shapeOf("tlogEntry.inclusionPromise", ["signedEntryTimestamp"]);
const PROOF = shapeOf("tlogEntry.inclusionProof", ["logIndex", "rootHash", "treeSize", "hashes", "checkpoint"]);
const CHECKPOINT = shapeOf("tlogEntry.inclusionProof.checkpoint", ["envelope"]);

/** Reads one `TransparencyLogEntry` of `sigstore_rekor.proto` in proto3 JSON, as Rekor v2 answers it. */
export function readTlogEntry(value: JsonValue): Parsed<TlogEntry, EntryCode> {
  const reading = startReading<EntryCode>();
  const entry = toTlogEntry(reading, value);
  return reading.conclude(entry);
}

/** The same inside a larger document. */
export function toTlogEntry(reading: Reading<EntryCode>, value: JsonValue): TlogEntry {
  const entry = toObject(reading, value, ENTRY);
  const logId = toObject(reading, entry["logId"], LOG_ID);
  const kindVersion = toObject(reading, entry["kindVersion"], KIND_VERSION);
  const signedEntryTimestamp = toPromise(reading, entry["inclusionPromise"]);
  const inclusionProof = toProof(reading, entry["inclusionProof"]);
  return {
    logIndex: toCount(reading, entry["logIndex"], "tlogEntry.logIndex"),
    logId: toFullBytes(reading, logId["keyId"], "tlogEntry.logId.keyId", LOG_ID_BYTES_MAX),
    kind: toFullText(reading, kindVersion["kind"], "tlogEntry.kindVersion.kind"),
    apiVersion: toFullText(reading, kindVersion["version"], "tlogEntry.kindVersion.version"),
    integratedTime: toCount(reading, entry["integratedTime"], "tlogEntry.integratedTime"),
    ...(signedEntryTimestamp && { signedEntryTimestamp }),
    ...(inclusionProof && { inclusionProof }),
    canonicalizedBody: toFullBytes(reading, entry["canonicalizedBody"], "tlogEntry.canonicalizedBody", BODY_BYTES_MAX),
  };
}

function toPromise(reading: Reading<EntryCode>, value: JsonValue | undefined): Uint8Array | undefined {
  if (value === undefined || value === null) return undefined;
  const promise = toObject(reading, value, PROMISE);
  const where = "tlogEntry.inclusionPromise.signedEntryTimestamp";
  return toFullBytes(reading, promise["signedEntryTimestamp"], where, SET_BYTES_MAX);
}

function toProof(reading: Reading<EntryCode>, value: JsonValue | undefined): EntryInclusionProof | undefined {
  if (value === undefined || value === null) return undefined;
  const proof = toObject(reading, value, PROOF);
  const hashes = toArray(reading, proof["hashes"], "tlogEntry.inclusionProof.hashes");
  if (hashes.length > HASHES_MAX) {
    reading.refuse("too-many-hashes", `an inclusion proof of ${hashes.length} hashes, ${HASHES_MAX} are allowed`);
  }
  const checkpoint = toCheckpoint(reading, proof["checkpoint"]);
  return {
    logIndex: toCount(reading, proof["logIndex"], "tlogEntry.inclusionProof.logIndex"),
    rootHash: toHash(reading, proof["rootHash"], "tlogEntry.inclusionProof.rootHash"),
    treeSize: toCount(reading, proof["treeSize"], "tlogEntry.inclusionProof.treeSize"),
    hashes: hashes.slice(0, HASHES_MAX).map((hash) => toHash(reading, hash, "tlogEntry.inclusionProof.hashes")),
    ...(checkpoint !== "" && { checkpoint }),
  };
}

function toHash(reading: Reading<EntryCode>, value: JsonValue | undefined, where: string): Uint8Array {
  const hash = toBytes(reading, value, where, HASH_BYTES + 1);
  if (hash.length !== HASH_BYTES) reading.refuse("proof-hash", `${where} has a hash of ${hash.length} bytes`);
  return hash;
}

function toCheckpoint(reading: Reading<EntryCode>, value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "";
  const checkpoint = toObject(reading, value, CHECKPOINT);
  const envelope = toText(reading, checkpoint["envelope"], "tlogEntry.inclusionProof.checkpoint.envelope");
  if (envelope.length > CHECKPOINT_CHARACTERS_MAX) {
    reading.refuse("too-large", `a checkpoint of ${envelope.length} characters`);
  }
  return envelope;
}

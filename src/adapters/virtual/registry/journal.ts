import { closeSync, constants, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { digestRefOf, parseDigestRef, type DigestRef } from "../../../core/digest.ts";
import { Fault } from "../../../core/fault.ts";
import { isJsonObject } from "../../../core/json/json.ts";
import { readJsonText } from "../../../core/json/read-json.ts";

/** One change of the registry's content. */
export type JournalRecord =
  | { readonly kind: "blob"; readonly digest: DigestRef; readonly bytes: Uint8Array }
  | {
      readonly kind: "manifest";
      readonly repository: string;
      readonly digest: DigestRef;
      readonly mediaType: string;
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: "tag";
      readonly repository: string;
      readonly tag: string;
      readonly digest: DigestRef;
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: "remove";
      readonly repository: string;
      readonly reference: string;
      readonly bytes: Uint8Array;
    };

/** `close` may be called twice. */
export type Journal = {
  /** On the disk's side of the process once it returns. Faults: `store.read-only` (full), `store.unreadable`. */
  append(record: JournalRecord): void;
  close(): void;
};

/** Length of the header and length of the bytes, 32 bits each, big-endian. */
const FRAME_BYTES = 8;
const HEADER_BYTES_MAX = 4096;

/**
 * Opens a file of records, gives each to `replay`, and appends from there. A last record that the end of a process cut
 * short is dropped: it was never answered. Faults: `store.unreadable`, `store.read-only`, `store.corrupt`.
 */
export function openJournal(path: string, replay: (record: JournalRecord) => void): Journal {
  const file = open(path);
  const { size } = fstatSync(file);
  let end = 0;
  let closed = false;
  let inDoubt = false;
  while (end < size) {
    const record = readRecord(file, end, size);
    if (record === "cut") break;
    if (record === "corrupt") {
      closeSync(file);
      throw new Fault("store.corrupt", `${path} at ${end}`);
    }
    replay(record.record);
    end = record.end;
  }
  ftruncateSync(file, end);
  return {
    append: (record) => {
      const frame = toFrame(record);
      try {
        if (inDoubt) ftruncateSync(file, end);
        inDoubt = true;
        for (let written = 0; written < frame.length;) {
          written += writeSync(file, frame, written, frame.length - written, end + written);
        }
      } catch (cause) {
        // What was written of it is beyond `end`: the next record cuts it off, and so does a restart.
        throw new Fault(isFull(cause) ? "store.read-only" : "store.unreadable", path, { cause });
      }
      end += frame.length;
      inDoubt = false;
    },
    close: () => {
      if (!closed) closeSync(file);
      closed = true;
    },
  };
}

function open(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true });
    // Not for appending: a record after one that failed takes the place of that one.
    return openSync(path, constants.O_RDWR + constants.O_CREAT, 0o600);
  } catch (cause) {
    throw new Fault("store.read-only", path, { cause });
  }
}

function isFull(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && (cause.code === "ENOSPC" || cause.code === "EDQUOT");
}

function toFrame(record: JournalRecord): Buffer {
  const { bytes, ...rest } = record;
  const header = Buffer.from(JSON.stringify(rest));
  const frame = Buffer.alloc(FRAME_BYTES);
  frame.writeUInt32BE(header.length, 0);
  frame.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([frame, header, bytes]);
}

function readRecord(
  file: number,
  start: number,
  size: number,
): { readonly record: JournalRecord; readonly end: number } | "cut" | "corrupt" {
  if (start + FRAME_BYTES > size) return "cut";
  const frame = read(file, start, FRAME_BYTES);
  const headerBytes = frame.readUInt32BE(0);
  const end = start + FRAME_BYTES + headerBytes + frame.readUInt32BE(4);
  if (headerBytes > HEADER_BYTES_MAX) return "corrupt";
  if (end > size) return "cut";
  const held = read(file, start + FRAME_BYTES, end - start - FRAME_BYTES);
  const record = parseRecord(held.toString("utf8", 0, headerBytes), new Uint8Array(held.subarray(headerBytes)));
  return record ? { record, end } : "corrupt";
}

function read(file: number, start: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  for (let got = 0; got < length;) {
    const more = readSync(file, buffer, got, length - got, start + got);
    if (more === 0) return buffer;
    got += more;
  }
  return buffer;
}

function parseRecord(header: string, bytes: Uint8Array): JournalRecord | undefined {
  const fields = parseFields(header);
  const { kind, repository = "", tag = "", reference = "", mediaType = "" } = fields;
  if (kind === "remove") return { kind, repository, reference, bytes };
  const digest = parseDigestRef(fields["digest"] ?? "");
  if (!digest) return undefined;
  if (kind === "tag") return { kind, repository, tag, digest, bytes };
  if (digestRefOf(bytes) !== digest) return undefined;
  if (kind === "blob") return { kind, digest, bytes };
  return kind === "manifest" ? { kind, repository, digest, mediaType, bytes } : undefined;
}

function parseFields(header: string): Readonly<Record<string, string>> {
  const fields = readJsonText(header, 1);
  if (!fields.ok || !isJsonObject(fields.value)) return {};
  const entries = Object.entries(fields.value);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

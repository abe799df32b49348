import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { Fault } from "../../core/fault.ts";
import { readJsonText } from "../../core/json/read-json.ts";
import type { AuditBatch, AuditPosition, AuditSource } from "../../ports/audit-source.ts";

/** Read at once: some thousand events. */
const CHUNK_BYTES = 4 * 1024 * 1024;
/** kube-apiserver cuts events that are larger by far (`--audit-log-truncate-max-event-size`, 100 KiB). */
const LINE_BYTES_MAX = 1024 * 1024;
const EVENT_DEPTH_MAX = 64;
const NEWLINE = 10;

/**
 * An audit log in a file, an event a line (kube-apiserver `--audit-log-path`, `--audit-log-format=json`). A file that was
 * rotated away is another file: what stands in it is read from its start.
 */
export function auditLogFile(path: string): AuditSource {
  return {
    read: async (after, signal) => {
      signal.throwIfAborted();
      const file = await opened(path);
      try {
        return await readBatch(file, after);
      } finally {
        await file.close();
      }
    },
  };
}

/** `O_NONBLOCK`, or a pipe at the path would hold us until somebody writes to it. */
async function opened(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause)) throw cause;
    throw new Fault(cause.code === "ENOENT" ? "audit.missing" : "audit.unreadable", path, { cause });
  }
  throw new Fault("audit.unreadable", `${path} is not a regular file`);
}

async function readBatch(file: FileHandle, after: AuditPosition | undefined): Promise<AuditBatch> {
  const { dev, ino, size } = await file.stat();
  const name = `${dev}:${ino}`;
  const isGone = after?.file !== name || after.offset > size;
  const from = isGone ? 0 : after.offset;
  const buffer = new Uint8Array(CHUNK_BYTES);
  const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, from);
  const end = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
  // A line without its end is still being written, unless it fills all that is read at once: then it is no event.
  const isEndless = end === 0 && bytesRead === CHUNK_BYTES;
  const { events, unread } = readLines(buffer.subarray(0, end));
  const offset = from + (isEndless ? bytesRead : end);
  return {
    events,
    position: { file: name, offset },
    unread: unread + (isEndless ? 1 : 0),
    isMore: bytesRead === CHUNK_BYTES,
  };
}

function readLines(bytes: Uint8Array): { readonly events: readonly unknown[]; readonly unread: number } {
  const events: unknown[] = [];
  let unread = 0;
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, start);
    const line = bytes.subarray(start, end);
    start = end + 1;
    if (line.length === 0) continue;
    const json =
      line.length > LINE_BYTES_MAX ? undefined : readJsonText(new TextDecoder().decode(line), EVENT_DEPTH_MAX);
    if (json?.ok === true) events.push(json.value);
    else unread += 1;
  }
  return { events, unread };
}

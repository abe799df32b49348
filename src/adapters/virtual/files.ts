import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { Fault } from "../../core/fault.ts";

/** Writes a file so that a reader, or the next start after a crash, sees the old bytes or the new, never a part. */
export async function writeAtomically(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.${randomUUID()}.tmp`;
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    throw asStoreFault(cause, path);
  }
}

/** The file's bytes; `undefined` when there is none. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    const { buffer, byteOffset, byteLength } = await readFile(path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (cause) {
    if (errorCode(cause) === "ENOENT") return undefined;
    throw asStoreFault(cause, path);
  }
}

function asStoreFault(cause: unknown, path: string): Fault {
  const code = errorCode(cause);
  const readOnly = code === "EROFS" || code === "EACCES" || code === "EPERM" || code === "ENOSPC";
  return new Fault(readOnly ? "store.read-only" : "store.unreadable", path, { cause });
}

function errorCode(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
}

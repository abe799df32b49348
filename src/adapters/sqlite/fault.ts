import { Fault, type FaultId } from "../../core/fault.ts";

/** SQLite primary result codes, https://sqlite.org/rescode.html. What is not listed is `store.unreadable`. */
const FAULT_BY_CODE: Readonly<Record<number, FaultId>> = {
  3: "store.read-only", // SQLITE_PERM
  5: "store.busy", // SQLITE_BUSY
  6: "store.busy", // SQLITE_LOCKED
  8: "store.read-only", // SQLITE_READONLY
  11: "store.corrupt", // SQLITE_CORRUPT
  13: "store.read-only", // SQLITE_FULL
  26: "store.corrupt", // SQLITE_NOTADB
};

/** Of these a statement of ours is the cause, never the disk: SQLITE_ERROR, _CONSTRAINT, _MISMATCH, _MISUSE, _RANGE. */
const OUR_BUGS: ReadonlySet<number> = new Set([1, 19, 20, 21, 25]);

/** Runs one store operation; what SQLite throws becomes a Fault about `subject`, a bug of ours stays a bug. */
export function asFault<T>(subject: string, operation: () => T): T {
  try {
    return operation();
  } catch (cause) {
    if (!isSqliteError(cause)) throw cause;
    const primary = cause.errcode & 0xff;
    if (OUR_BUGS.has(primary)) throw cause;
    throw new Fault(FAULT_BY_CODE[primary] ?? "store.unreadable", subject, { cause });
  }
}

function isSqliteError(error: unknown): error is Error & { errcode: number } {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number";
}

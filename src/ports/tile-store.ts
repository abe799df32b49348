/**
 * Keeps the files of a log of our own by their C2SP tlog-tiles path (`checkpoint`, `tile/0/x001/067`, …): segments of
 * `[a-z0-9.-]`, none of them `.` or `..`. One store has one writer.
 * Faults: `store.unreadable`, `store.read-only`.
 */
export interface TileStore {
  /** The bytes last written, which the caller must not change; `undefined` when there are none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Durable and atomic per file once it resolves: a reader sees the old bytes or the new, never a part. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Does nothing when there is no such file. */
  remove(path: string): Promise<void>;
}

/**
 * Keeps the files of a log of our own by their C2SP tlog-tiles path (`checkpoint`, `tile/0/x001/067`, …).
 * Faults: `store.unreadable`, `store.read-only`.
 */
export interface TileStore {
  read(path: string): Promise<Uint8Array | undefined>;
  /** Durable and atomic per file once it resolves: a reader sees the old bytes or the new, never a part. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
}

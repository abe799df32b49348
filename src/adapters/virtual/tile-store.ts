import { bug } from "../../core/bug.ts";
import { isStorePath } from "../../core/merkle/store-path.ts";
import type { TileStore } from "../../ports/tile-store.ts";

/** A tile store in memory; it ends with its process. */
export function memoryTileStore(): TileStore {
  const files = new Map<string, Uint8Array>();
  return {
    read: async (path) => files.get(checked(path)),
    write: async (path, bytes) => {
      files.set(checked(path), bytes.slice());
    },
    remove: async (path) => {
      files.delete(checked(path));
    },
  };
}

function checked(path: string): string {
  return isStorePath(path) ? path : bug(`the path ${path} is not a log's`);
}

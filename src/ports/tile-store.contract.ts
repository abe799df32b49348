import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { toUtf8 } from "../core/bytes/utf8.ts";
import type { TileStore } from "./tile-store.ts";

/** A store that is open, and how to find it again after its process has ended. */
export type OpenTileStore = {
  readonly store: TileStore;
  /** Closes it and opens it anew; `undefined` for stores that do not outlive their process. */
  readonly reopen?: () => Promise<TileStore>;
  readonly close: () => Promise<void>;
};

/** What every tile store must do. */
export function tileStoreContract(name: string, open: () => Promise<OpenTileStore>): void {
  describe(`${name} as a TileStore`, () => {
    let opened: OpenTileStore;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(async () => {
      await opened.close();
    });

    test("has nothing where nothing was written", async () => {
      expect(await opened.store.read("tile/0/000")).toBeUndefined();
      expect(await opened.store.read("checkpoint")).toBeUndefined();
    });

    test("gives back what was written, whatever its length", async () => {
      const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
      await opened.store.write("tile/0/x001/067", bytes);
      await opened.store.write("tile/0/x001/068.p/7", new Uint8Array(0));
      expect(await opened.store.read("tile/0/x001/067")).toEqual(bytes);
      expect(await opened.store.read("tile/0/x001/068.p/7")).toEqual(new Uint8Array(0));
    });

    test("keeps a full tile beside its partial ones", async () => {
      await opened.store.write("tile/0/000.p/7", toUtf8("seven"));
      await opened.store.write("tile/0/000", toUtf8("full"));
      expect(await opened.store.read("tile/0/000.p/7")).toEqual(toUtf8("seven"));
      expect(await opened.store.read("tile/0/000")).toEqual(toUtf8("full"));
    });

    test("replaces", async () => {
      await opened.store.write("checkpoint", toUtf8("a longer first"));
      await opened.store.write("checkpoint", toUtf8("second"));
      expect(await opened.store.read("checkpoint")).toEqual(toUtf8("second"));
    });

    test("removes, also what is not there", async () => {
      await opened.store.write("state", toUtf8("x"));
      await opened.store.remove("state");
      await opened.store.remove("state");
      await opened.store.remove("tile/7/000.p/1");
      expect(await opened.store.read("state")).toBeUndefined();
    });

    test("keeps its own copy of the bytes", async () => {
      const bytes = toUtf8("before");
      await opened.store.write("state", bytes);
      bytes.fill(0);
      expect(await opened.store.read("state")).toEqual(toUtf8("before"));
    });

    test("takes many writes at once", async () => {
      const paths = Array.from({ length: 30 }, (_, i) => `tile/${i % 3}/x000/${String(i).padStart(3, "0")}`);
      await Promise.all(paths.map((path) => opened.store.write(path, toUtf8(path))));
      const read = await Promise.all(paths.map((path) => opened.store.read(path)));
      expect(read).toEqual(paths.map(toUtf8));
    });

    test.each(["", "/etc/passwd", "../x", "tile/../../x", "tile//0", "tile/0/", "a\\b", "tile/./0"])(
      "refuses the path %j, which no log has",
      async (path) => {
        await expect(opened.store.write(path, toUtf8("x"))).rejects.toThrow("bug:");
        await expect(opened.store.read(path)).rejects.toThrow("bug:");
      },
    );

    test("finds everything again after it was closed", async () => {
      await opened.store.write("tile/0/000.p/1", toUtf8("one"));
      await opened.store.write("checkpoint", toUtf8("note"));
      const again = opened.reopen ? await opened.reopen() : opened.store;
      expect(await again.read("tile/0/000.p/1")).toEqual(toUtf8("one"));
      expect(await again.read("checkpoint")).toEqual(toUtf8("note"));
    });
  });
}

import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { tileStoreContract } from "../../ports/tile-store.contract.ts";
import { openFileTileStore } from "./tile-store.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tile-store-"));
  folders.push(folder);
  return folder;
}

tileStoreContract("openFileTileStore", async () => {
  const root = join(newFolder(), "log");
  let store = await openFileTileStore(root);
  return {
    store,
    reopen: async () => {
      store.close();
      store = await openFileTileStore(root);
      return store;
    },
    close: async () => {
      store.close();
    },
  };
});

describe("openFileTileStore", () => {
  test("is for one writer, also within a process", async () => {
    const root = newFolder();
    const store = await openFileTileStore(root);
    await expect(openFileTileStore(root)).rejects.toMatchObject({ id: "store.busy" });
    store.close();
    const again = await openFileTileStore(root);
    again.close();
  });

  test("removes what a crash left behind, and leaves nothing behind itself", async () => {
    const root = newFolder();
    writeFileSync(join(root, ".tmp-7"), "half");
    const store = await openFileTileStore(root);
    expect(existsSync(join(root, ".tmp-7"))).toBe(false);
    await store.write("tile/0/000", toUtf8("x"));
    store.close();
    expect(readdirSync(root).toSorted()).toEqual([".lock", "tile"]);
  });

  test("names the file it could not read", async () => {
    const root = newFolder();
    const store = await openFileTileStore(root);
    await store.write("tile/0/000", toUtf8("x"));
    await expect(store.read("tile/0")).rejects.toMatchObject({ id: "store.unreadable", subject: "tile/0" });
    store.close();
  });

  test.skipIf(process.getuid?.() === 0)("says so when the folder cannot be written", async () => {
    const root = newFolder();
    chmodSync(root, 0o500);
    await expect(openFileTileStore(join(root, "log"))).rejects.toMatchObject({ id: "store.read-only" });
  });
});

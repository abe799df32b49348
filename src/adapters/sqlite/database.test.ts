import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { openDatabase, openDatabaseToRead } from "./database.ts";
import { MIGRATIONS } from "./migrations.ts";

const freshPath = (): string => join(mkdtempSync(join(tmpdir(), "countersign-")), "store.db");
const faultAt = (open: () => { close: () => void }): string => {
  try {
    open().close();
    return "none";
  } catch (error) {
    return (error as { id?: string }).id ?? String(error);
  }
};

describe("openDatabase", () => {
  test("makes a store with synced write-ahead log, and opens it again", () => {
    const path = freshPath();
    for (let i = 0; i < 2; i++) {
      const { db, close } = openDatabase(path);
      expect(db.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
      expect(db.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
      expect(db.prepare("SELECT count(*) AS n FROM schema_migration").get()).toEqual({ n: MIGRATIONS.length });
      close();
    }
  });

  test("applies later steps to an older store, once, and keeps its rows", () => {
    const path = freshPath();
    openDatabase(path, MIGRATIONS.slice(0, 1)).close();
    const more = [...MIGRATIONS.slice(0, 1), { version: 2, name: "more", sql: "CREATE TABLE more (a INTEGER) STRICT" }];
    expect(faultAt(() => openDatabaseToRead(path, more))).toBe("store.older-schema");
    for (let i = 0; i < 2; i++) {
      const { db, close } = openDatabase(path, more);
      db.exec("INSERT INTO more VALUES (1)");
      expect(db.prepare("SELECT count(*) AS n FROM more").get()).toEqual({ n: i + 1 });
      close();
    }
    expect(faultAt(() => openDatabase(path, MIGRATIONS.slice(0, 1)))).toBe("store.newer-schema");
    expect(faultAt(() => openDatabaseToRead(path, MIGRATIONS.slice(0, 1)))).toBe("store.newer-schema");
  });

  test("leaves a step that fails undone, with all of its run", () => {
    const path = freshPath();
    const first = { version: 1, name: "one", sql: "CREATE TABLE one (a INTEGER) STRICT" };
    expect(() => openDatabase(path, [first, { version: 2, name: "bad", sql: "CREATE TABLE one (a)" }])).toThrow(
      /exists/,
    );
    const db = new DatabaseSync(path);
    expect(db.prepare("SELECT count(*) AS n FROM sqlite_schema").get()).toEqual({ n: 0 });
    db.close();
  });

  test.each([
    ["another program's database", (path: string) => makeForeign(path), "store.foreign"],
    ["a file that is none", (path: string) => writeFileSync(path, "x".repeat(5_000)), "store.corrupt"],
    ["a folder", (path: string) => mkdirSync(path), "store.unreadable"],
  ])("refuses %s, and does not write to it", (_, make, id) => {
    const path = freshPath();
    make(path);
    const before = statSync(path).isFile() && readFileSync(path, "latin1");
    expect(faultAt(() => openDatabase(path))).toBe(id);
    expect(statSync(path).isFile() && readFileSync(path, "latin1")).toBe(before);
  });

  test("refuses a store whose steps were others under the same numbers", () => {
    const path = freshPath();
    openDatabase(path, [{ version: 1, name: "one", sql: "CREATE TABLE one (a INTEGER) STRICT" }]).close();
    expect(faultAt(() => openDatabase(path))).toBe("store.foreign");
  });

  test.each([
    ["in a folder that is missing", join(tmpdir(), "no-such-folder", "store.db"), "store.unreadable"],
    ["where nothing can be made", "/proc/store.db", "store.unreadable"],
  ])("says that a store %s cannot be opened", (_, path, id) => {
    expect(faultAt(() => openDatabase(path))).toBe(id);
  });

  test("reads no store that is not there", () => {
    expect(faultAt(() => openDatabaseToRead(freshPath()))).toBe("store.missing");
  });

  test("lets one writer in, and the next one when it has closed", () => {
    const path = freshPath();
    const first = openDatabase(path);
    expect(faultAt(() => openDatabase(path))).toBe("store.busy");
    first.close();
    expect(faultAt(() => openDatabase(path))).toBe("none");
  });

  test("lets one process in, and the next one when that was killed", async () => {
    const path = freshPath();
    const script = `
      const { openDatabase } = await import(${JSON.stringify(join(import.meta.dirname, "database.ts"))});
      const { db } = openDatabase(process.argv[1]);
      db.exec("INSERT INTO log (name) VALUES ('kept')");
      // Whoever holds the connection alone holds the lock, however often memory is collected.
      for (let i = 0; i < 3; i++) { globalThis.gc(); await new Promise((resolve) => setImmediate(resolve)); }
      console.log("open");
      setInterval(() => db.isOpen, 1000);`;
    const child = spawn(process.execPath, ["--expose-gc", "--input-type=module", "-e", script, path], {
      stdio: ["ignore", "pipe", 2],
    });
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    expect(faultAt(() => openDatabase(path))).toBe("store.busy");
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    const { db, close } = openDatabase(path);
    expect(db.prepare("SELECT name FROM log").all()).toEqual([{ name: "kept" }]);
    close();
  });

  test("says that a disk is full", () => {
    const database = openDatabase(freshPath());
    database.db.exec("PRAGMA max_page_count = 40");
    const { db } = database;
    expect(() => {
      for (let i = 0; i < 500; i++) db.prepare("INSERT INTO log (name) VALUES (?)").run(`${i}`.padEnd(1_000));
    }).toThrow(/full/);
    database.close();
  });
});

function makeForeign(path: string): void {
  const db = new DatabaseSync(path);
  db.exec("CREATE TABLE mine (a)");
  db.close();
}

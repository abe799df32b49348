import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { digestRefOf } from "../../../core/digest.ts";
import { openJournal, type JournalRecord } from "./journal.ts";

const BYTES = toUtf8("content");
const NOTHING = new Uint8Array(0);
const RECORDS: readonly JournalRecord[] = [
  { kind: "blob", digest: digestRefOf(BYTES), bytes: BYTES },
  { kind: "manifest", repository: "a/b", digest: digestRefOf(BYTES), mediaType: "text/plain", bytes: BYTES },
  { kind: "tag", repository: "a/b", tag: "v1", digest: digestRefOf(BYTES), bytes: NOTHING },
  { kind: "remove", repository: "a/b", reference: "v1", bytes: NOTHING },
];

describe("openJournal", () => {
  test("replays every record it was given", () => {
    expect(write(RECORDS)).toEqual([]);
    expect(write([])).toEqual(RECORDS);
  });

  test("drops a last record that was cut short, at any byte, and goes on from there", () => {
    write(RECORDS.slice(0, 3));
    const kept = readFileSync(path).length;
    write(RECORDS.slice(3));
    const whole = readFileSync(path);
    for (let end = kept; end < whole.length; end++) {
      writeFileSync(path, whole.subarray(0, end));
      expect(write(RECORDS.slice(3))).toEqual(RECORDS.slice(0, 3));
      expect(readFileSync(path)).toEqual(whole);
    }
  });

  test("refuses bytes that are not what their digest says", () => {
    write(RECORDS.slice(0, 1));
    const whole = readFileSync(path);
    whole[whole.length - 1] = 0;
    writeFileSync(path, whole);
    expect(() => write([])).toThrow(expect.objectContaining({ id: "store.corrupt" }));
  });

  test("refuses a file of something else", () => {
    appendFileSync(path, "not a journal of any kind");
    expect(() => write([])).toThrow(expect.objectContaining({ id: "store.corrupt" }));
  });

  test("says so when a record cannot be written", () => {
    const journal = openJournal(path, () => {});
    journal.close();
    expect(() => {
      for (const record of RECORDS) journal.append(record);
    }).toThrow(expect.objectContaining({ id: "store.unreadable" }));
  });

  test("refuses a folder that cannot be", () => {
    writeFileSync(path, "");
    expect(() => openJournal(join(path, "below"), () => {})).toThrow(
      expect.objectContaining({ id: "store.read-only" }),
    );
  });
});

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "journal-"));
  path = join(folder, "registry.journal");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Opens the journal, appends, closes; returns what was replayed. */
function write(records: readonly JournalRecord[]): readonly JournalRecord[] {
  const replayed: JournalRecord[] = [];
  const journal = openJournal(path, (record) => replayed.push(record));
  for (const record of records) journal.append(record);
  journal.close();
  journal.close();
  return replayed;
}

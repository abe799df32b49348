import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { auditLogFile } from "./audit-log.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-audit-"));
afterAll(() => rmSync(folder, { recursive: true }));
const never = new AbortController().signal;
let files = 0;

function newLog(text: string): string {
  const path = join(folder, `audit-${files++}.log`);
  writeFileSync(path, text);
  return path;
}

test("reads on where it stopped, and leaves a line that is being written", async () => {
  const path = newLog('{"a": 1}\n{"a": 2}\n{"a"');
  const source = auditLogFile(path);
  const first = await source.read(undefined, never);
  expect(first).toMatchObject({ events: [{ a: 1 }, { a: 2 }], unread: 0, isMore: false });
  expect((await source.read(first.position, never)).events).toEqual([]);
  appendFileSync(path, ": 3}\n");
  expect((await source.read(first.position, never)).events).toEqual([{ a: 3 }]);
});

test("reads a new file from its start, and a cut one too", async () => {
  const path = newLog('{"a": 1}\n{"a": 2}\n');
  const source = auditLogFile(path);
  const { position } = await source.read(undefined, never);
  renameSync(path, `${path}.1`);
  writeFileSync(path, '{"b": 1}\n');
  const rotated = await source.read(position, never);
  expect(rotated.events).toEqual([{ b: 1 }]);
  writeFileSync(path, "{}\n");
  expect((await source.read(rotated.position, never)).events).toEqual([{}]);
});

test.each([
  ["a line that is no JSON", 'x\n{"a": 1}\n', 1],
  ["a key that stands twice", '{"a": 1, "a": 2}\n{"a": 1}\n', 1],
  ["JSON without end in depth", `${"[".repeat(100)}${"]".repeat(100)}\n{"a": 1}\n`, 1],
  ["a line that is too long", `"${"x".repeat(1024 * 1024)}"\n{"a": 1}\n`, 1],
  ["blank lines", '\n\n{"a": 1}\n', 0],
])("counts %s, and reads on", async (_, text, unread) => {
  expect(await auditLogFile(newLog(text)).read(undefined, never)).toMatchObject({ events: [{ a: 1 }], unread });
});

test("passes over what has no end, four mebibytes at a time", async () => {
  const source = auditLogFile(newLog(`${"x".repeat(5 * 1024 * 1024)}\n{"a": 1}\n`));
  const first = await source.read(undefined, never);
  expect(first).toMatchObject({ events: [], unread: 1, isMore: true });
  expect((await source.read(first.position, never)).events).toEqual([{ a: 1 }]);
});

test("a file that is not there is missing, a folder is unreadable", async () => {
  await expect(auditLogFile(join(folder, "none")).read(undefined, never)).rejects.toMatchObject({
    id: "audit.missing",
  });
  await expect(auditLogFile(folder).read(undefined, never)).rejects.toMatchObject({ id: "audit.unreadable" });
});

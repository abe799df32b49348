import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Fault } from "../../core/fault.ts";
import { workFolder } from "./work-folder.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-work-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a folder is made with those above it, for its owner alone, and taken as it is the next time", () => {
  const deep = join(folder, "a", "b");
  expect([workFolder(deep), workFolder(deep)]).toEqual([deep, deep]);
  expect(statSync(deep).mode & 0o777).toBe(0o700);
});

test("without a folder to keep, there is a new one", () => {
  const made = [workFolder(undefined), workFolder(undefined)];
  expect(new Set(made.filter((path) => existsSync(path))).size).toBe(2);
  for (const path of made) rmSync(path, { recursive: true });
});

test.each([
  ["a file", file("f")],
  ["a folder below a file", join(file("g"), "x")],
  ["a folder that no folder can be made in, though it says it is not there", "/proc/countersign/x"],
])("%s is a fault with the path", (_, path) => {
  expect(() => workFolder(path)).toThrow(new Fault("store.unreadable", path));
});

function file(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, "");
  return path;
}

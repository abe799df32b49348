import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { T0 } from "../../../test/setup/signing-world.ts";
import { openProgress } from "./progress.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-progress-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("the next demo begins at the last moment that was reached", () => {
  const path = join(folder, "moment");
  const first = openProgress(path);
  expect(first.at).toBeUndefined();
  first.reach(T0);
  expect(openProgress(path).at).toBe(T0);
});

test.each(["", "17932", "1793203440000", "soon\n"])("what a kill tore (%j) counts as no moment", (text) => {
  const path = join(folder, "torn");
  writeFileSync(path, text);
  expect(openProgress(path).at).toBeUndefined();
});

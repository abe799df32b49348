import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { plant } from "../../../test/setup/git-repository.ts";
import { changeSourceContract, type Planted } from "../../ports/change-source.contract.ts";
import { folderChangeSource } from "./folder-change-source.ts";

const root = mkdtempSync(join(tmpdir(), "countersign-folders-"));
let count = 0;

afterAll(() => rmSync(root, { recursive: true, force: true }));

function plantSide(files: Planted): string {
  const folder = join(root, String(count++));
  mkdirSync(folder);
  plant(folder, files);
  return folder;
}

changeSourceContract("two folders", async (base, head) =>
  folderChangeSource({ base: plantSide(base), head: plantSide(head) }),
);

describe("folderChangeSource", () => {
  const never = new AbortController().signal;

  test("a folder that is not there is missing", async () => {
    const source = folderChangeSource({ base: join(root, "none"), head: root });
    await expect(source.open(never)).rejects.toMatchObject({ id: "input.missing" });
  });

  test("a link that took the place of a file is not followed", async () => {
    const base = plantSide({ "a.yaml": "x" });
    const change = await folderChangeSource({ base, head: plantSide({}) }).open(never);
    rmSync(join(base, "a.yaml"));
    symlinkSync("/etc/passwd", join(base, "a.yaml"));
    const read = change.base.read(change.base.entries, { fileBytesMax: 1e6, totalBytesMax: 1e6 }, never);
    await expect(read).rejects.toMatchObject({ id: "input.unreadable" });
  });

  test("has no history", async () => {
    const change = await folderChangeSource({ base: plantSide({}), head: plantSide({}) }).open(never);
    expect(await change.isBaseOn("main", never)).toBeUndefined();
  });
});

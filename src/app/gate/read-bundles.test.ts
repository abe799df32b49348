import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readBundles } from "./read-bundles.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-bundles-"));
afterAll(() => rmSync(folder, { recursive: true }));

const DIGEST = "a".repeat(64);
const COMMIT = "b".repeat(40);
const TASK = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: { name: sign }\nspec: { steps: [] }\n";

test("finds content by the digest of a bundle, and by commit and path", async () => {
  mkdirSync(join(folder, COMMIT, "tasks"), { recursive: true });
  for (const path of [`sha256-${DIGEST}.yaml`, `${COMMIT}/tasks/sign.yaml`, "README.yaml"])
    writeFileSync(join(folder, path), TASK);
  const found = await readBundles(folder);
  expect([...found.keys()].toSorted()).toEqual([`${COMMIT}:tasks/sign.yaml`, `sha256:${DIGEST}`]);
  expect(found.get(`sha256:${DIGEST}`)?.[0]?.documents).toHaveLength(1);
});

test("without a folder there is none, and one that is not there is a fault", async () => {
  expect((await readBundles(undefined)).size).toBe(0);
  await expect(readBundles(join(folder, "none"))).rejects.toMatchObject({ id: "input.missing" });
});

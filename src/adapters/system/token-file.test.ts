import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { TOKEN_BYTES_MAX } from "../../core/identity/token.ts";
import { tokenSourceContract } from "../../ports/token-source.contract.ts";
import { tokenFile } from "./token-file.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-token-"));
afterAll(() => rmSync(folder, { recursive: true }));
const never = new AbortController().signal;
const at = (name: string): string => join(folder, name);

tokenSourceContract("file", async () => {
  const path = at("token");
  return { source: tokenFile(path), replace: (token) => writeFile(path, `${token}\n`) };
});

test("follows the links that the kubelet makes", async () => {
  await writeFile(at("real"), "aaa.bbb.ccc");
  await symlink(at("real"), at("link"));
  expect((await tokenFile(at("link")).read(never)).use((text) => text)).toBe("aaa.bbb.ccc");
});

test.each<[string, string, () => Promise<unknown>]>([
  ["a missing file", "token.missing", async () => undefined],
  ["a folder", "token.unreadable", () => mkdir(at("a folder"))],
  ["a pipe", "token.unreadable", async () => execFileSync("sh", ["-c", 'mkfifo "$0"', at("a pipe")])],
  ["a file too large", "token.unreadable", () => writeFile(at("a file too large"), "a".repeat(TOKEN_BYTES_MAX + 1))],
  ["bytes that are no text", "token.unreadable", () => writeFile(at("bytes that are no text"), Buffer.of(0xff))],
])("%s is %s", async (name, id, make) => {
  await make();
  await expect(tokenFile(at(name)).read(never)).rejects.toMatchObject({ id });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { dockerConfigCredentials } from "./docker-config.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-docker-"));
afterAll(() => rmSync(folder, { recursive: true }));

const AUTH = { auth: Buffer.from("ada:pa:ss").toString("base64") };

async function read(document: unknown, host: string): Promise<unknown> {
  const path = join(folder, "config.json");
  writeFileSync(path, typeof document === "string" ? document : JSON.stringify(document));
  const found = await dockerConfigCredentials(path)(host);
  return found && [found.username, found.password.use((word) => word)];
}

test.each<[string, unknown, string]>([
  ["by host", { auths: { "r.example:5000": AUTH } }, "r.example:5000"],
  ["by URL", { auths: { "https://r.example": AUTH } }, "r.example"],
  ["of docker.io by its old name", { auths: { "https://index.docker.io/v1/": AUTH } }, "docker.io"],
  ["as two members", { auths: { "r.example": { username: "ada", password: "pa:ss" } } }, "r.example"],
])("finds credentials %s", async (_, document, host) => {
  expect(await read(document, host)).toEqual(["ada", "pa:ss"]);
});

test.each<[string, unknown, string]>([
  ["another host", { auths: { "r.example": AUTH } }, "s.example"],
  ["a host that begins so", { auths: { "r.example": AUTH } }, "r.example.evil.example"],
  ["another port", { auths: { "r.example:5000": AUTH } }, "r.example"],
  ["a name of JavaScript's", { auths: {} }, "constructor"],
  ["an empty entry", { auths: { "r.example": {} } }, "r.example"],
  ["no auths", {}, "r.example"],
])("is anonymous for %s", async (_, document, host) => {
  expect(await read(document, host)).toBeUndefined();
});

test("is anonymous without a file", async () => {
  expect(await dockerConfigCredentials(join(folder, "none.json"))("r.example")).toBeUndefined();
});

test.each([
  ["text", "{"],
  ["a list", []],
  ["auth without a colon", { auths: { "r.example": { auth: "YWRh" } } }],
  ["auth that is not base64", { auths: { "r.example": { auth: "***" } } }],
])("refuses %s without showing it", async (_, document) => {
  await expect(read(document, "r.example")).rejects.toMatchObject({
    id: "input.malformed",
    message: expect.not.stringContaining("YWRh") as string,
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { UnixMs } from "../../core/time.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import { openAuthenticator } from "./authenticator.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-auth-"));
afterAll(() => rmSync(folder, { recursive: true }));
const asked = async (): Promise<never> => {
  throw new Error("nobody is asked");
};
const http: HttpClient = { send: asked, stream: asked };
const deps = { http, clock: { now: () => 0 as UnixMs } };
const TOKEN = "0123456789abcdef0123456789abcdef";

function fileWith(content: string): string {
  const path = join(folder, "token");
  writeFileSync(path, content);
  return path;
}

test("a token file names its bearer; a newline at its end is no part of it", async () => {
  const tokens = [{ name: "ci", tokenFile: fileWith(`${TOKEN}\n`) }];
  const { authenticate, guards } = await openAuthenticator({ mode: "token", tokens }, deps);
  expect(guards).toBe(true);
  expect(await authenticate({ bearer: TOKEN })).toEqual({ name: "ci", mode: "token" });
  expect(await authenticate({ bearer: `${TOKEN}x` })).toBeUndefined();
  expect(await authenticate({ session: TOKEN })).toBeUndefined();
});

test.each([
  ["empty", ""],
  ["short enough to guess", "0123456789abcdef"],
  ["of two lines", `${TOKEN}\n${TOKEN}`],
  ["with a space", `${TOKEN} x`],
])("a token file that is %s is refused, and its content not shown", async (_, content) => {
  const opening = openAuthenticator({ mode: "token", tokens: [{ name: "ci", tokenFile: fileWith(content) }] }, deps);
  await expect(opening).rejects.toMatchObject({
    id: "config.invalid",
    subject: expect.not.stringContaining(TOKEN) as string,
  });
});

test("without authentication nobody is kept out", async () => {
  const { guards } = await openAuthenticator({ mode: "none", tokens: [] }, deps);
  expect(guards).toBe(false);
});

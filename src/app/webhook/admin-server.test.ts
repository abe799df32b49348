import { request as plainRequest } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { DIGEST } from "../../../test/setup/admit-world.ts";
import { secret } from "../../core/secret.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { bearerTokens, openToLoopback } from "../http/auth.ts";
import { serveAdmin, type AdminListen, type AdminServer } from "./admin-server.ts";
import { askWebhook } from "./ask-webhook.ts";
import { issueAuthority, issueServing } from "./issue-certificates.ts";

const never = new AbortController().signal;
const authority = issueAuthority(systemClock.now());
const certificate = issueServing(authority, ["localhost", "127.0.0.1"], systemClock.now());
const forgotten: string[] = [];
const admin = {
  status: () => ({ ready: true }),
  forget: (digest: string) => forgotten.push(digest),
};
const closing: AdminServer[] = [];
afterEach(async () => {
  for (const server of closing.splice(0)) await server.close(); // oxlint-disable-line no-await-in-loop -- few
});

async function start(change: Partial<AdminListen> = {}): Promise<AdminServer> {
  const listen = { host: "127.0.0.1", port: 0, authenticator: openToLoopback, certificate, ...change };
  const server = await serveAdmin(admin, listen);
  closing.push(server);
  return server;
}

describe("serveAdmin", () => {
  test("tells its state on loopback, and forgets a digest", async () => {
    const { port } = await start();
    const address = { url: `http://127.0.0.1:${port}/` };
    expect(await askWebhook(address, { path: "/status" }, never)).toEqual({ ready: true });
    expect(await askWebhook(address, { path: "/forget", digest: DIGEST }, never)).toMatchObject({ digest: DIGEST });
    expect(forgotten).toEqual([DIGEST]);
  });

  test("does not listen beyond loopback for everybody", async () => {
    await expect(start({ host: "0.0.0.0" })).rejects.toMatchObject({ id: "server.insecure-listen" });
  });

  test("asks for a token where there is one to ask for", async () => {
    const token = "x".repeat(40);
    const { port } = await start({ authenticator: bearerTokens([{ name: "ops", token: secret(token) }]) });
    expect(await answerTo(port, "GET", "/status", {})).toBe(401);
    expect(await answerTo(port, "POST", "/forget", { authorization: "Bearer wrong" })).toBe(401);
    expect(await answerTo(port, "GET", "/status", { authorization: `Bearer ${token}` })).toBe(200);
  });

  test.each<[string, string, string, Record<string, string>, number]>([
    ["a page of a browser", "GET", "/status", { origin: "http://evil.example" }, 403],
    ["a name that leads here", "GET", "/status", { host: "evil.example" }, 403],
    ["another path", "GET", "/metrics", {}, 404],
    ["reading what is written", "GET", "/forget", {}, 404],
    ["nothing", "POST", "/forget", {}, 400],
  ])("refuses %s", async (...[, method, path, headers, status]) => {
    expect(await answerTo((await start()).port, method, path, headers)).toBe(status);
  });

  test.each(["{", "[]", '{"digest":"sha256:1"}', "x".repeat(5000)])("refuses the body %.20s", async (body) => {
    expect(await answerTo((await start()).port, "POST", "/forget", {}, body)).toBe(400);
  });

  test("says what it is when a webhook is not there, or is something else", async () => {
    const { port, close } = await start();
    await expect(askWebhook({ url: `http://127.0.0.1:${port}/x` }, { path: "/status" }, never)).rejects.toMatchObject({
      id: "webhook.malformed",
    });
    await close();
    await expect(askWebhook({ url: `http://127.0.0.1:${port}` }, { path: "/status" }, never)).rejects.toMatchObject({
      id: "webhook.unreachable",
    });
  });
});

function answerTo(
  ...[port, method, path, headers, body = ""]: readonly [number, string, string, Record<string, string>, string?]
): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = plainRequest({ host: "127.0.0.1", port, method, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { COMMANDS } from "../../src/cmd/cli/commands.ts";
import { runCli } from "../../src/cmd/cli/run.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { recordingIo, type Heard } from "../setup/io.ts";
import { openWebhookWorld, type WebhookWorld } from "../setup/webhook-world.ts";

let world: WebhookWorld;
beforeAll(async () => {
  world = await openWebhookWorld("rekor1");
});
afterAll(() => world.close());

async function run(asked: string | readonly string[], ...argv: readonly string[]): Promise<Heard> {
  const words = typeof asked === "string" ? ["policy", "test", asked] : asked;
  const { io, heard } = recordingIo({ env: { HOME: world.folder }, now: () => systemClock.now() });
  const files = ["--policy", join(world.folder, "policy.yaml"), "--config", join(world.folder, "config.yaml")];
  await runCli([...words, ...files, ...argv], io, COMMANDS);
  return heard;
}

test("an image that its builder signed would run, and one that nobody signed would not", async () => {
  expect(await run(await world.signed())).toMatchObject({
    exit: 0,
    err: "",
    out: expect.stringContaining("✓ satisfied"),
  });
  const denied = await run(await world.unsigned());
  expect(denied).toMatchObject({ exit: 1, err: "" });
  expect(denied.out).toContain("✗ signature by builder: no-signature");
});

test("verify --policy asks the same of it, and knows no namespace that lets pass", async () => {
  expect(await run(["verify", await world.signed()])).toMatchObject({
    exit: 0,
    err: "",
    out: expect.stringContaining("✓ satisfied"),
  });
  expect(await run(["verify", await world.unsigned()])).toMatchObject({
    exit: 1,
    out: expect.stringContaining("no-signature"),
  });
  expect(await run(["verify", "127.0.0.1:1/other/app:v1"])).toMatchObject({
    exit: 1,
    out: expect.stringContaining("no-family"),
  });
});

test("says the same as the webhook", async () => {
  const image = await world.signed("legacy");
  const { response } = await world.admit([image]);
  const { out } = await run(image, "-o", "json");
  const [verdict] = JSON.parse(out).images;
  expect(response?.status?.details.causes.map(({ reason }) => reason)).toEqual([verdict.code]);
});

test("an image of no family is denied, and nobody is asked about it", async () => {
  expect(await run("127.0.0.1:1/other/app:v1")).toMatchObject({ exit: 1, out: expect.stringContaining("no-family") });
});

test("a registry that has no such image is no signature that is missing", async () => {
  const missing = `${world.sigstore.host}/team/none:v1`;
  expect((await run(missing)).out).toContain("image-not-found");
});

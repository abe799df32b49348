import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { openWebhookWorld, type WebhookWorld } from "../../../test/setup/webhook-world.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

let world: WebhookWorld;
beforeAll(async () => {
  world = await openWebhookWorld("rekor2");
});
afterAll(() => world.close());

async function run(argv: readonly string[]): Promise<Heard> {
  const { io, heard } = recordingIo({ env: { HOME: world.folder } });
  const files = ["--config", join(world.folder, "config.yaml"), "--policy", join(world.folder, "policy.yaml")];
  await runCli(["admit", ...argv, ...files], io, COMMANDS);
  return heard;
}

async function objectOf(image: string): Promise<string> {
  const path = join(world.folder, "deployment.yaml");
  const spec = `spec: {template: {spec: {containers: [{name: app, image: "${image}"}]}}}`;
  await writeFile(path, `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api, namespace: payments}\n${spec}\n`);
  return path;
}

describe("admit test", () => {
  test("says what the webhook would, and leaves with 0, 1 or 3", async () => {
    const good = await run(["test", "--object", await objectOf(await world.signed())]);
    expect([good.exit, good.out.split("\n")[0]]).toEqual([0, "allowed"]);
    const bad = await run(["test", "--object", await objectOf(await world.unsigned())]);
    expect([bad.exit, bad.out]).toEqual([1, expect.stringContaining("x signature by builder: no-signature")]);
    const gone = await run(["test", "--object", await objectOf(`${world.sigstore.host}/team/none:v1`), "-o", "json"]);
    expect([gone.exit, JSON.parse(gone.out)]).toMatchObject([
      1,
      { verdict: { images: [{ code: "image-not-found" }] } },
    ]);
  });

  test("refuses what is no object", async () => {
    const path = join(world.folder, "object.yaml");
    await writeFile(path, "kind: Pod\n---\nkind: Pod\n");
    expect(await run(["test", "--object", path])).toMatchObject({
      exit: 2,
      err: expect.stringContaining("not one object"),
    });
  });
});

describe("admit render", () => {
  test("prints registrations that an API server takes, closed where the policy enforces", async () => {
    const { exit, out } = await run(["render", "--ca-file", join(world.folder, "tls/ca.crt"), "-o", "json"]);
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      items: [
        { kind: "MutatingWebhookConfiguration", webhooks: [{ failurePolicy: "Fail" }] },
        { kind: "ValidatingWebhookConfiguration", webhooks: [{ name: "images.countersign.dev" }, {}] },
      ],
    });
  });
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { openWebhookWorld, type WebhookWorld } from "../../../test/setup/webhook-world.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { readConfig } from "../../app/config/read.ts";
import { runWebhook } from "../../app/webhook/run-webhook.ts";
import { ownCertificate } from "../../app/webhook/serving-certificate.ts";
import { addMs } from "../../core/time.ts";
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

async function ask(argv: readonly string[], now = systemClock.now()): Promise<Heard> {
  const { io, heard } = recordingIo({ now: () => now });
  await runCli(["admit", ...argv], io, COMMANDS);
  return heard;
}

describe("admit status and retry", () => {
  const stop = new AbortController();
  let url = "";
  let running: Promise<void>;
  beforeAll(async () => {
    const config = await readConfig({ env: {}, file: join(world.folder, "config.yaml") });
    const port = await new Promise<number>((resolve, reject) => {
      const { io } = recordingIo({ env: { HOME: world.folder }, signal: stop.signal });
      const asked = {
        policy: join(world.folder, "policy.yaml"),
        ownNamespace: "countersign",
        pinTemplates: false,
        listen: { host: "127.0.0.1", port: 0 },
        healthListen: { host: "127.0.0.1", port: 0 },
        adminListen: { host: "127.0.0.1", port: 0 },
        certificate: ownCertificate(join(world.folder, "own-tls"), ["localhost"]),
        onListening: ({ admin }: { readonly admin?: number }) => resolve(admin ?? 0),
      };
      running = runWebhook(io, config, asked);
      running.catch(reject);
    });
    url = `http://127.0.0.1:${port}`;
  });
  afterAll(async () => {
    stop.abort(new Error("SIGTERM"));
    await running;
  });

  test("shows by what it judges, and leaves with 0", async () => {
    const { exit, out } = await ask(["status", "--webhook", url]);
    expect([exit, out]).toEqual([0, expect.stringMatching(/production r-, loaded .*1 families, 0 exceptions/)]);
  });

  test("a certificate that nobody renews is a finding", async () => {
    const late = addMs(systemClock.now(), 85 * 86_400_000);
    const { exit, out } = await ask(["status", "--webhook", url, "-o", "json"], late);
    expect([exit, JSON.parse(out)]).toMatchObject([
      1,
      { items: [{ webhook: url, problems: ["the certificate ends within a week"] }] },
    ]);
  });

  test("retry asks each replica to forget a digest, and takes nothing else", async () => {
    const digest = `sha256:${"3f".repeat(32)}`;
    const { exit, out } = await ask(["retry", digest, "--webhook", url, "--webhook", url, "-o", "json"]);
    expect([exit, JSON.parse(out)]).toEqual([
      0,
      { digest, items: [0, 0].map((forgotten) => ({ webhook: url, forgotten })) },
    ]);
    expect(await ask(["retry", "api:v1", "--webhook", url])).toMatchObject({ exit: 2 });
  });

  test("a webhook that is not there leaves with 3", async () => {
    const { exit, err } = await ask(["status", "--webhook", "http://127.0.0.1:1"]);
    expect([exit, err]).toEqual([3, expect.stringContaining("webhook.unreachable")]);
  });
});

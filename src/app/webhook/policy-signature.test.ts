import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { never } from "../../../test/setup/signer-world.ts";
import { openWebhookWorld, policyText, type WebhookWorld } from "../../../test/setup/webhook-world.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { signArtifact } from "../../capabilities/sign/sign-artifact.ts";
import { bug } from "../../core/bug.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { renderCanonicalPolicy } from "../../core/policy/canonical.ts";
import { readConfig } from "../config/read.ts";
import { silentLog } from "../telemetry/log.ts";
import { openWebhook, type OpenWebhook } from "./open-webhook.ts";

const SAN = "https://kubernetes.io/namespaces/payments/serviceaccounts/builder";
let world: WebhookWorld;
let folder: string;
let opened: OpenWebhook;
beforeAll(async () => {
  world = await openWebhookWorld("rekor2");
});
afterAll(() => world.close());
beforeEach(async () => {
  folder = join(world.folder, "signed");
  await mkdir(folder);
  opened = await open(SAN);
});
afterEach(async () => {
  await opened.close();
  await rm(folder, { recursive: true, force: true });
  await rm(`${folder}.sigstore.json`, { force: true });
});

async function open(san: string): Promise<OpenWebhook> {
  const config = await readConfig({ env: {}, file: join(world.folder, "config.yaml") });
  const signer = { identity: { issuer: world.sigstore.issuer, san }, domain: "private" };
  const options = { policy: folder, cluster: "prod", ownNamespace: "countersign", pinTemplates: false, signer };
  return openWebhook(config, { HOME: world.folder }, options, silentLog);
}

const textOf = (revision: string): string => policyText(world.sigstore, "", revision);

/** The bundle of a policy text, as `policy sign` makes it. */
async function bundleOf(text: string): Promise<Uint8Array> {
  await world.writePolicy(text);
  const set = world.opened.policy.current()?.set ?? bug("the policy was not read");
  const bytes = toUtf8(renderCanonicalPolicy(set));
  const { signatures } = await signArtifact(world.sigstore.ports)([{ kind: "blob", bytes }], never);
  return signatures[0]?.bytes ?? bug("nothing was signed");
}

const put = (name: string, bytes: string | Uint8Array): Promise<void> => writeFile(join(folder, name), bytes);

/** The revision in force, and why the newest reading was not. */
async function refreshed(): Promise<readonly [number | undefined, string | undefined]> {
  await opened.policy.refresh(systemClock.now());
  return [opened.policy.current()?.set.revision, opened.policy.failure()?.fault.subject];
}

describe("a policy that has to be signed", () => {
  test.each(["inside", "beside"])("is in force once its bundle is there, %s the folder", async (where) => {
    const text = textOf("revision: 21");
    await put("policy.yaml", text);
    expect(await refreshed()).toEqual([undefined, `TP009 policy not signed by ${SAN}: bundle-missing`]);
    const bundle = await bundleOf(text);
    await (where === "inside" ? put("policy.sigstore.json", bundle) : writeFile(`${folder}.sigstore.json`, bundle));
    expect(await refreshed()).toEqual([21, undefined]);
  });

  test("is not replaced by one that nobody signed, and is by one that somebody did", async () => {
    const [first, second] = [textOf("revision: 31"), textOf("revision: 32")];
    await put("policy.yaml", first);
    await put("31.sigstore.json", await bundleOf(first));
    expect(await refreshed()).toEqual([31, undefined]);
    const wider = second.replace("/team/**", "/**");
    await put("policy.yaml", wider);
    expect(await refreshed()).toEqual([31, `TP009 policy not signed by ${SAN}: message-digest-mismatch`]);
    await put("policy.yaml", second);
    await put("32.sigstore.json", await bundleOf(second));
    expect(await refreshed()).toEqual([32, undefined]);
  });

  test("is signed by whom the command line names, and by nobody else", async () => {
    const text = textOf("revision: 41");
    await put("policy.yaml", text);
    await put("policy.sigstore.json", await bundleOf(text));
    await opened.close();
    opened = await open(`${SAN}2`);
    expect(await refreshed()).toEqual([undefined, `TP009 policy not signed by ${SAN}2: identity-mismatch`]);
  });

  test("needs a revision, and a bundle that is one", async () => {
    await put("policy.yaml", textOf(""));
    await put("policy.sigstore.json", "{}");
    expect(await refreshed()).toEqual([undefined, expect.stringContaining("needs spec.revision")]);
    await put("policy.yaml", textOf("revision: 51"));
    expect(await refreshed()).toEqual([undefined, expect.stringContaining("bundle-media-type")]);
  });

  test("lets nothing run while it is not signed", async () => {
    await put("policy.yaml", textOf("revision: 61"));
    await refreshed();
    expect(opened.ports.policy()).toBeUndefined();
  });

  test("is not judged under a root that cannot be read", async () => {
    const text = textOf("revision: 71");
    await put("policy.yaml", text);
    await put("policy.sigstore.json", await bundleOf(text));
    await opened.close();
    await writeFile(join(world.folder, "trusted_root.json"), "{}");
    opened = await open(SAN);
    expect(await refreshed()).toEqual([undefined, expect.stringContaining("private")]);
    await writeFile(join(world.folder, "trusted_root.json"), world.sigstore.trustedRoot);
  });
});

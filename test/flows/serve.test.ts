import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifyPrehashed } from "../../src/adapters/noble/verify-prehashed.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { startSigstore, type Sigstore } from "../../src/adapters/virtual/sigstore/sigstore.ts";
import { COMMANDS } from "../../src/cmd/cli/commands.ts";
import { runCli } from "../../src/cmd/cli/run.ts";
import { toServiceAccountSan } from "../../src/core/identity/identity.ts";
import { recordingIo, type Heard } from "../setup/io.ts";
import { startServe } from "../setup/serving.ts";

/**
 * From a signature to the console's answer, over real sockets: `sign blob` into an embedded Sigstore, `serve` follows its
 * log into a store, and the API shows the event, proves it and says what it could not see.
 */
const BUILDER = {
  namespace: "payments",
  serviceAccount: "builder",
  serviceAccountUid: "00000000-0000-4000-8000-000000000001",
  pod: { name: "sign-pod", uid: "00000000-0000-4000-8000-000000000002" },
  audience: "sigstore",
  expirationSeconds: 600,
};
const SAN = toServiceAccountSan(BUILDER);

describe.each([
  ["Rekor v1", "rekor1", 1],
  ["Rekor v2", "rekor2", 2],
] as const)("serve over %s", (_, type, rekorVersion) => {
  let sigstore: Sigstore;
  let folder: string;
  const at = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "countersign-serve-"));
    sigstore = await startSigstore({ now: () => systemClock.now(), verifyPrehashed, rekorVersion });
    const root = { file: { trustedRootFile: at("root.json") } };
    // The root knows the log by its name; here it is reached by its address.
    const url = baseUrls(sigstore).find((base) => base.includes(type)) ?? "";
    const config = {
      server: { listen: "127.0.0.1:0" },
      store: { url: `sqlite:${at("store.db")}` },
      trust: { domains: [{ name: "private", logs: ["the-log"], root }] },
      logs: [{ name: "the-log", type, url, readUrl: sigstore.urls[type] }],
    };
    await Promise.all([
      writeFile(at("root.json"), sigstore.trustedRoot),
      writeFile(at("signing.json"), sigstore.signingConfig),
      writeFile(at("token"), sigstore.issueToken(BUILDER)),
      writeFile(at("file.txt"), "a file to sign\n"),
      writeFile(at("countersign.yaml"), JSON.stringify(config)),
    ]);
    const trust = [
      "--trusted-root",
      at("root.json"),
      "--signing-config",
      at("signing.json"),
      "--token-file",
      at("token"),
    ];
    const signed = await run(["sign", "blob", at("file.txt"), "--bundle-out", at("bundle.json"), ...trust]);
    if (signed.exit !== 0) throw new Error(signed.err);
  });
  afterAll(async () => {
    await sigstore.close();
    await rm(folder, { recursive: true });
  });

  test("shows the event, proves it, and stops in good order", async () => {
    const serving = startServe(["serve", "--config", at("countersign.yaml")]);
    const { url } = await serving.said("server.started");
    await serving.said("log.stepped", ({ indexedUpto }) => indexedUpto === 1);

    const events = await get(`${String(url)}/api/v1/events?since=1h`);
    expect(events).toMatchObject({ items: [{ log: "the-log", index: 0, chain: "verified", identity: { san: SAN } }] });
    expect(events).toMatchObject({ coverage: { complete: true } });
    expect(await get(`${String(url)}/api/v1/events/the-log/0/proof`)).toMatchObject({ verdict: "pass", treeSize: 1 });
    expect(await get(`${String(url)}/api/v1/logs`)).toMatchObject({ items: [{ name: "the-log", state: "following" }] });
    expect(await get(`${String(url)}/api/v1/search?q=payments/builder`)).toMatchObject({
      items: [{ kind: "identity" }],
    });

    await serving.stop();
    const status = await run(["status", "--store", at("store.db"), "-o", "json"]);
    expect(status.exit).toBe(0);
    expect(JSON.parse(status.out)).toMatchObject({ items: [{ detail: "1 verified" }, { state: "ok" }] });
  });

  test("a second process that would write to the store is told so", async () => {
    const serving = startServe(["serve", "--config", at("countersign.yaml")]);
    await serving.said("server.started");
    const second = await run(["serve", "--config", at("countersign.yaml")]);
    expect(second).toMatchObject({ exit: 3 });
    expect(second.err).toContain("store.busy");
    await serving.stop();
  });

  test("a log that the trusted root has no key for is not followed", async () => {
    const text = (await readFile(at("countersign.yaml"), "utf8")).replace(
      /"url":"http[^"]+"/,
      '"url":"http://127.0.0.1:1"',
    );
    await writeFile(at("other.yaml"), text);
    const refused = await run(["serve", "--config", at("other.yaml")]);
    expect(refused).toMatchObject({ exit: 2 });
    expect(refused.err).toContain("has no key for http://127.0.0.1:1");
  });
});

async function run(argv: readonly string[]): Promise<Heard> {
  const { io, heard } = recordingIo({ now: () => systemClock.now() });
  await runCli(argv, io, COMMANDS);
  return heard;
}

function baseUrls({ trustedRoot }: Sigstore): readonly string[] {
  const root = JSON.parse(new TextDecoder().decode(trustedRoot)) as { tlogs: { baseUrl: string }[] };
  return root.tlogs.map(({ baseUrl }) => baseUrl);
}

async function get(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

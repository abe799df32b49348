import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { openWebhookWorld, policyText, reviewOf, type WebhookWorld } from "../../../test/setup/webhook-world.ts";
import type { Outage } from "../../adapters/virtual/serve.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { digestRefOf } from "../../core/digest.ts";
import { never, openSignerWorld } from "../../../test/setup/signer-world.ts";

let world: WebhookWorld;
/** What the registry does instead of its work, while a test says so. */
let outage: Outage = works;
let asked = 0;
beforeAll(async () => {
  world = await openWebhookWorld("rekor2", {
    outage: (call) => {
      asked += 1;
      return outage(call);
    },
  });
});
afterAll(() => world.close());
afterEach(() => {
  outage = works;
  // A bug is answered with 500, which is a refusal too; it must not pass for one of these.
  for (const bug of world.bugs) throw new Error("a bug of ours", { cause: bug });
});

const codesOf = async (image: string, path = "/admit?timeout=10s"): Promise<readonly string[]> => {
  const { response } = await world.post(path, JSON.stringify(reviewOf([image])));
  if (response?.allowed === true) return ["allowed"];
  return [String(response?.status?.code), ...(response?.status?.details.causes.map(({ reason }) => reason) ?? [])];
};

const LARGE = new Uint8Array(5 * 1024 * 1024).fill(32);
const BOMB = gzipSync(new Uint8Array(64 * 1024 * 1024));

describe("the registry", () => {
  test.each<[string, Outage, readonly string[]]>([
    ["resets every connection", () => "reset", ["503", "registry-unreachable"]],
    ["answers 500", () => ({ status: 500 }), ["503", "registry-unreachable"]],
    ["asks for fewer requests", () => ({ status: 429 }), ["503", "registry-unreachable"]],
    ["refuses our credentials", () => ({ status: 403 }), ["503", "registry-auth"]],
    [
      "asks for a token at a stranger's",
      () => ({ status: 401, headers: { "www-authenticate": 'Bearer realm="https://evil.example/token"' } }),
      ["503", "registry-refused"],
    ],
    [
      "redirects to a metadata service",
      () => ({ status: 307, headers: { location: "http://169.254.169.254/latest" } }),
      ["503", "registry-refused"],
    ],
    [
      "sends 100 MB of a manifest",
      () => ({ status: 200, headers: { "content-length": "104857600" }, body: new Uint8Array(0) }),
      ["403", "too-large"],
    ],
    ["sends more of a manifest than it may have", () => ({ status: 200, body: LARGE }), ["403", "too-large"]],
    [
      "sends a decompression bomb",
      () => ({ status: 200, headers: { "content-encoding": "gzip" }, body: BOMB }),
      ["403", "too-large"],
    ],
    ["sends no JSON", () => ({ status: 200, body: "<html>" }), ["403", "manifest-invalid"]],
  ])("%s: refused, and by its name", async (_, fails, expected) => {
    const image = await world.signed();
    outage = fails;
    expect(await codesOf(image)).toEqual(expected);
  });

  test("serves other bytes for a blob than its digest says", async () => {
    const image = await world.signed();
    outage = ({ path }) => (path.includes("/blobs/") ? { status: 200, body: "{}" } : undefined);
    expect(await codesOf(image)).toEqual(["403", "digest-mismatch"]);
  });

  test("redirects a blob to a metadata service, or to this machine", async () => {
    const image = await world.signed();
    outage = ({ path }) =>
      path.includes("/blobs/")
        ? { status: 307, headers: { location: "http://169.254.169.254/latest/meta-data" } }
        : undefined;
    expect(await codesOf(image)).toEqual(["503", "registry-refused"]);
  });

  test("is down, and what is known already still runs", async () => {
    const image = await world.signed();
    expect(await codesOf(image)).toEqual(["allowed"]);
    outage = () => "reset";
    expect(await codesOf(image)).toEqual(["allowed"]);
    expect(await codesOf(image.replace(/@.*$/, ":v1"))).toEqual(["403", "ref-not-pinned"]);
  });

  test("holds hundreds of strangers' referrers, and the good one is found among as many as are read", async () => {
    const image = await world.signed();
    const [repository = "", digest = ""] = image.split("@");
    await pushJunk(world, repository, { digest, count: 60 });
    expect(await codesOf(image)).toEqual(["allowed"]);
  });

  test("lists 10,000 referrers: the best that junk can do is a refusal that says there is too much of it", async () => {
    const image = await world.signed();
    const before = asked;
    outage = ({ path }) => (path.includes("/referrers/") ? { status: 200, body: indexOf(10_000) } : undefined);
    const [status, code] = await codesOf(image);
    expect([status, code]).toEqual(["403", "too-many-candidates"]);
    expect(asked - before).toBeLessThan(110);
  });
});

describe("what an image names", () => {
  test.each([
    ["a metadata service", "169.254.169.254/team/app:1"],
    ["this machine", "127.0.0.1:1/team/app:1"],
    ["a name of this machine", "localhost:1/team/app:1"],
  ])("is %s, and nobody is asked", async (_, image) => {
    const before = asked;
    expect(await codesOf(image, "/admit")).toEqual(["403", "no-family"]);
    expect(asked).toBe(before);
  });

  test("is this machine by a family of the policy, and still nobody is asked", async () => {
    const host = world.sigstore.host.replace("localhost", "127.0.0.1");
    await world.writePolicy(policyText({ ...world.sigstore, host }));
    const image = `${host}/team/app@sha256:${"0".repeat(64)}`;
    expect(await codesOf(image)).toEqual(["503", "registry-refused"]);
    await world.writePolicy(policyText(world.sigstore));
  });
});

describe("the trusted root", () => {
  test("is not there: what was signed is not known to be", async () => {
    const image = await world.signed();
    await world.writePolicy(policyText(world.sigstore).replace("root: private", "root: other"));
    expect(world.opened.policy.failure()?.fault.subject).toContain("TP301");
    expect(await codesOf(image)).toEqual(["allowed"]);
    await world.writePolicy(policyText(world.sigstore));
  });

  test("is another one: its log is not known", async () => {
    const other = await openSignerWorld("rekor2");
    await writeFile(join(world.folder, "trusted_root.json"), other.trustedRoot);
    await other.close();
    const again = await openWebhookOver(world);
    expect(again).toMatch(/log-unknown|entry-missing|cert-chain|tst-|time-missing/);
  });
});

function works(): undefined {
  return undefined;
}

/** The same folder, opened anew: a restart. Gives the denial of a signed image. */
async function openWebhookOver(of: WebhookWorld): Promise<string> {
  const { openWebhook } = await import("./open-webhook.ts");
  const { readConfig } = await import("../config/read.ts");
  const { silentLog } = await import("../telemetry/log.ts");
  const { systemClock } = await import("../../adapters/system/clock.ts");
  const config = await readConfig({ env: {}, file: join(of.folder, "config.yaml") });
  const options = { policy: join(of.folder, "policy.yaml"), ownNamespace: "countersign", pinTemplates: false };
  const opened = await openWebhook(config, { HOME: of.folder }, options, silentLog);
  await opened.policy.refresh(systemClock.now());
  const { webhookHandler } = await import("./webhook-handler.ts");
  const reply = await webhookHandler(opened.deps)(
    "/admit?timeout=10s",
    toUtf8(JSON.stringify(reviewOf([await of.signed()]))),
  );
  await opened.close();
  return reply.body;
}

/** An index of signatures that are not there. */
function indexOf(count: number): string {
  const manifests = Array.from({ length: count }, (_, i) => ({
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    artifactType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    digest: digestRefOf(toUtf8(String(i))),
    size: 500,
  }));
  return JSON.stringify({ schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests });
}

/** Referrers of the right type that hold no signature. */
async function pushJunk(
  of: WebhookWorld,
  repository: string,
  { digest, count }: { digest: string; count: number },
): Promise<void> {
  const { registry } = of.sigstore.ports;
  const type = "application/vnd.dev.sigstore.bundle.v0.3+json";
  const blob = toUtf8("{}");
  await registry.pushBlob(repository, blob, never);
  const empty = { mediaType: "application/vnd.oci.empty.v1+json", digest: digestRefOf(toUtf8("{}")), size: 2 };
  for (let i = 0; i < count; i += 50) {
    const batch = Array.from({ length: Math.min(50, count - i) }, (_, offset) =>
      registry.pushManifest(
        repository,
        {
          mediaType: "application/vnd.oci.image.manifest.v1+json",
          bytes: toUtf8(
            JSON.stringify({
              schemaVersion: 2,
              mediaType: "application/vnd.oci.image.manifest.v1+json",
              artifactType: type,
              config: empty,
              layers: [{ mediaType: type, digest: digestRefOf(blob), size: 2 }],
              subject: { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: 1 },
              annotations: { n: `${count}-${i + offset}` },
            }),
          ),
        },
        never,
      ),
    );
    await Promise.all(batch); // oxlint-disable-line no-await-in-loop -- a batch at a time
  }
}

import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSigstore, type Sigstore } from "../../src/adapters/virtual/sigstore/sigstore.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { verifyPrehashed } from "../../src/adapters/noble/verify-prehashed.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";

/**
 * Runs every `console` block of the documents, against a demo and an embedded Sigstore that are up. A block that is to
 * end otherwise than with 0 says so in its first line: `# exits N`.
 */
const ROOT = join(import.meta.dirname, "../..");
const FOLDERS = ["docs/tutorial", "docs/how-to"];
/** The two commands of the README and of CONTRIBUTING are what CI itself is made of. */
const DOCUMENTS = FOLDERS.flatMap((folder) => readdirSync(join(ROOT, folder)).map((file) => join(folder, file)));
const EVENTS = 45;

const work = mkdtempSync(join(tmpdir(), "countersign-docs-"));
const bin = join(work, "bin");
let demo: ChildProcess;
let sigstore: Sigstore;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  mkdirSync(bin);
  const cli = join(ROOT, "bin/countersign.mjs");
  writeFileSync(join(bin, "countersign"), `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`, { mode: 0o755 });
  const [told, trust] = await Promise.all([tellDemo(join(work, "demo")), openTrust(join(work, "trust"))]);
  env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}`, DEMO: join(work, "demo"), ...trust, ...told };
});

afterAll(async () => {
  const ended = new Promise((resolve) => demo.once("close", resolve));
  demo.kill("SIGINT");
  await Promise.all([ended, sigstore.close()]);
  rmSync(work, { recursive: true, force: true });
});

describe.each(DOCUMENTS)("%s", (document) => {
  const blocks = consoleBlocks(readFileSync(join(ROOT, document), "utf8"));

  test("its commands do what it says", async () => {
    for (const block of blocks) {
      const expected = Number(/^# exits (\d+)$/m.exec(block)?.[1] ?? 0);
      const image = document.endsWith("sign.md") ? { IMAGE: env["SIGN_IMAGE"] } : {};
      // oxlint-disable-next-line no-await-in-loop -- a reader types one after the other
      const { status, output } = await runBlock(block, { ...env, ...image });
      expect([status, status === expected ? "" : `${block}\n${output}`]).toEqual([expected, ""]);
    }
  });
});

/** Not spawnSync: the embedded Sigstore that the commands speak to lives in this process. */
async function runBlock(
  block: string,
  blockEnv: NodeJS.ProcessEnv,
): Promise<{ status: number | null; output: string }> {
  const child = spawn("bash", ["-euo", "pipefail", "-c", block], { cwd: work, env: blockEnv });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
    });
  }
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { status, output };
}

/** Fenced blocks marked `console`, list indentation taken off. */
function consoleBlocks(text: string): readonly string[] {
  return [...text.matchAll(/^( *)```console\n([\s\S]*?)^ *```$/gm)].map(([, indent = "", body = ""]) =>
    body.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  );
}

async function tellDemo(dir: string): Promise<NodeJS.ProcessEnv> {
  const args = ["demo", "--keep", dir, "--events", String(EVENTS), "--port", "0"];
  demo = spawn(join(bin, "countersign"), args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  for await (const chunk of demo.stdout ?? []) {
    text += String(chunk);
    if (text.includes("Ctrl-C stops it")) break;
  }
  const [, image = "", digest = ""] = /bin\/countersign verify (\S+@(sha256:[0-9a-f]{64}))/.exec(text) ?? [];
  return { DIGEST: digest, IMAGE: image };
}

async function openTrust(dir: string): Promise<NodeJS.ProcessEnv> {
  sigstore = await startSigstore({ now: () => systemClock.now(), verifyPrehashed });
  mkdirSync(dir);
  writeFileSync(join(dir, "trusted_root.json"), sigstore.trustedRoot);
  writeFileSync(join(dir, "signing_config.json"), sigstore.signingConfig);
  const token = sigstore.issueToken({
    namespace: "payments-prod",
    serviceAccount: "builder",
    serviceAccountUid: "uid-sa",
    pod: { name: "api-sign-pod", uid: "uid-pod" },
    audience: "sigstore",
    expirationSeconds: 600,
  });
  const path = join(dir, "oidc-token");
  writeFileSync(path, token, { mode: 0o600 });
  const config = toUtf8("{}");
  const host = `localhost:${sigstore.registry.port}`;
  const blob = sigstore.registry.pushBlob(config);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: blob, size: config.length },
    layers: [],
  });
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const pushed = sigstore.registry.pushManifest("team/app", { mediaType, bytes: toUtf8(manifest) });
  return {
    TRUST: dir,
    TOKEN: path,
    SIGN_IMAGE: `${host}/team/app@${pushed}`,
    SIGNER: "https://kubernetes.io/namespaces/payments-prod/serviceaccounts/builder",
    ISSUER: [...sigstore.issuers.values()][0]?.issuer,
  };
}

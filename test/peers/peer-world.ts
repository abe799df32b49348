import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { undiciHttpClient } from "../../src/adapters/http/client.ts";
import { verifyPrehashed } from "../../src/adapters/noble/verify-prehashed.ts";
import { ociRegistry } from "../../src/adapters/oci/registry.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { startSigstore, type Sigstore, type SigstoreOptions } from "../../src/adapters/virtual/sigstore/sigstore.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import type { DigestRef } from "../../src/core/digest.ts";
import { toServiceAccountSan } from "../../src/core/identity/identity.ts";

export const never: AbortSignal = new AbortController().signal;
export const BUILDER = {
  namespace: "payments",
  serviceAccount: "builder",
  serviceAccountUid: "00000000-0000-4000-8000-000000000001",
  pod: { name: "sign-pod", uid: "00000000-0000-4000-8000-000000000002" },
  audience: "sigstore",
  expirationSeconds: 600,
};
export const SAN: string = toServiceAccountSan(BUILDER);

/** Where `tools/peers` puts what it builds. */
const PEERS = process.env["COUNTERSIGN_PEERS"] ?? join(homedir(), ".cache", "countersign-peers");

/** The path of a peer's binary; `undefined` when it could not be built. */
export function peer(nameAndVersion: string): string | undefined {
  const path = join(PEERS, nameAndVersion);
  return existsSync(path) ? path : undefined;
}

export type Ran = { readonly exit: number; readonly out: string; readonly err: string };

/** A whole Sigstore on loopback, its documents and a token as files, and programs to run against it. */
export type PeerWorld = {
  readonly sigstore: Sigstore;
  readonly issuer: string;
  readonly folder: string;
  /** A path below `folder`. */
  readonly at: (name: string) => string;
  readonly newImage: () => Promise<{ readonly repository: string; readonly digest: DigestRef; readonly ref: string }>;
  /** Runs a program with nothing of our environment but the PATH, and a home of its own. */
  readonly run: (program: string, args: readonly string[]) => Promise<Ran>;
  /** `countersign` as a person runs it. */
  readonly countersign: (args: readonly string[]) => Promise<Ran>;
  readonly close: () => Promise<void>;
};

const RUN_MS = 60_000;

export async function openPeerWorld(options: Partial<SigstoreOptions> = {}): Promise<PeerWorld> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-peers-"));
  const sigstore = await startSigstore({ now: () => systemClock.now(), verifyPrehashed, ...options });
  const http = undiciHttpClient();
  const registry = ociRegistry(http);
  const at = (name: string): string => join(folder, name);
  await Promise.all([
    writeFile(at("trusted_root.json"), sigstore.trustedRoot),
    writeFile(at("signing_config1.json"), sigstore.signingConfigs[1]),
    writeFile(at("signing_config2.json"), sigstore.signingConfigs[2]),
    writeFile(at("token"), sigstore.issueToken(BUILDER)),
    writeFile(at("predicate.json"), '{"buildDefinition":{"buildType":"https://example.com/b/v1"}}'),
    writeFile(at("file.txt"), "a file to sign\n"),
  ]);
  const [issuer] = sigstore.issuers.values();
  const run = (program: string, args: readonly string[]): Promise<Ran> =>
    new Promise((done) => {
      const env = { PATH: process.env["PATH"], HOME: folder, XDG_CACHE_HOME: at("cache") };
      execFile(program, args, { env, cwd: folder, timeout: RUN_MS, maxBuffer: 32 * 1024 * 1024 }, (error, out, err) => {
        const code = error && "code" in error && typeof error.code === "number" ? error.code : error ? -1 : 0;
        done({ exit: code, out, err });
      });
    });
  let images = 0;
  return {
    sigstore,
    issuer: issuer?.issuer ?? "",
    folder,
    at,
    run,
    countersign: (args) => run(process.execPath, [join(import.meta.dirname, "../../src/cmd/cli/main.ts"), ...args]),
    newImage: async () => {
      const repository = `${sigstore.registry.host}/team/app-${images++}`;
      const config = await registry.pushBlob(
        repository,
        toUtf8(`{"rootfs":{"type":"layers","diff_ids":[]},"n":${images}}`),
        never,
      );
      const mediaType = "application/vnd.oci.image.manifest.v1+json";
      const manifest = {
        schemaVersion: 2,
        mediaType,
        config: { ...config, mediaType: "application/vnd.oci.image.config.v1+json" },
        layers: [],
      };
      const { digest } = await registry.pushManifest(
        repository,
        { mediaType, bytes: toUtf8(JSON.stringify(manifest)) },
        never,
      );
      return { repository, digest, ref: `${repository}@${digest}` };
    },
    close: async () => {
      await Promise.all([sigstore.close(), http.close()]);
      await rm(folder, { recursive: true });
    },
  };
}

export async function readJsonFile(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, "utf8"));
}

import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileSource } from "../../adapters/tuf/file-source.ts";
import { PUBLIC_GOOD_URL, readSeed, seedSource } from "../../adapters/tuf/seed-source.ts";
import { tufSource } from "../../adapters/tuf/tuf-source.ts";
import { parseSha256Hex, type Sha256 } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import type { Clock } from "../../ports/clock.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { TrustRootSource } from "../../ports/trust-root-source.ts";
import type { TrustDomainConfig } from "../config/config.ts";
import { readInput } from "../read-input.ts";

/** What a source of trust roots needs beside its configuration. */
export type TrustWorld = {
  readonly http: HttpClient;
  readonly clock: Pick<Clock, "now">;
  /** Where metadata is kept, one folder a repository below it. */
  readonly cacheFolder: string;
};

const ROOT_BYTES_MAX = 1024 * 1024;

/** Where the root of a trust domain comes from. Faults: `config.invalid`, those of reading the initial root. */
export async function trustSourceOf(domain: TrustDomainConfig, world: TrustWorld): Promise<TrustRootSource> {
  const { file, tuf } = domain.root ?? {};
  if (file) return fileSource({ path: file.trustedRootFile, ...pinOf(file.sha256) });
  if (tuf) {
    const root = await readInput(tuf.initialRootFile, ROOT_BYTES_MAX);
    const pin = pinOf(tuf.sha256).sha256;
    const cacheFolder = folderFor(world, tuf.url);
    return tufSource({ ...world, url: tuf.url, root, cacheFolder, ...(pin && { rootSha256: pin }) });
  }
  if (domain.preset === "sigstore-public") {
    const { root } = await readSeed();
    const cacheFolder = folderFor(world, PUBLIC_GOOD_URL);
    return tufSource({ ...world, url: PUBLIC_GOOD_URL, root, cacheFolder, fallback: seedSource() });
  }
  throw new Fault("config.invalid", `trust.domains: ${domain.name} has neither a root nor a preset`);
}

function pinOf(text: string | undefined): { readonly sha256?: Sha256 } {
  const pin = text === undefined ? undefined : parseSha256Hex(text);
  return pin ? { sha256: pin } : {};
}

/** A URL is no file name; its hash is. */
function folderFor({ cacheFolder }: TrustWorld, url: string): string {
  return join(cacheFolder, "tuf", createHash("sha256").update(url).digest("hex").slice(0, 16));
}

/** Where this user's caches are (XDG Base Directory Specification). */
export function cacheFolderOf(env: Readonly<Record<string, string | undefined>>): string {
  const base = env["XDG_CACHE_HOME"] || join(env["HOME"] || "/tmp", ".cache");
  return join(base, "countersign");
}

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { parseBase64 } from "../../core/bytes/base64.ts";
import { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonValue } from "../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import type { TrustRootSource } from "../../ports/trust-root-source.ts";
import { checkTrustedRoot } from "./material.ts";

/** Where the public-good instance publishes its roots. */
export const PUBLIC_GOOD_URL = "https://tuf-repo-cdn.sigstore.dev";

/** What the pinned package ships of one TUF repository: where the walk of roots starts, and a trusted root of its release. */
export type Seed = { readonly root: Uint8Array; readonly trustedRoot: Uint8Array };

const SEEDS_BYTES_MAX = 1_048_576;

/**
 * Reads the public-good seed. Of the package only this file is read, none of its code runs; the lockfile's integrity
 * hash pins it. Faults: `trust.invalid`.
 */
export async function readSeed(): Promise<Seed> {
  const path = seedsPath();
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new Fault("trust.invalid", path, { cause });
  });
  const json = readJson(bytes, { bytesMax: SEEDS_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  const seed = json.ok ? member(json.value, PUBLIC_GOOD_URL) : undefined;
  const root = toBytes(member(seed, "root.json"));
  const trustedRoot = toBytes(member(member(seed, "targets"), "trusted_root.json"));
  if (!root || !trustedRoot) throw new Fault("trust.invalid", `${path} has no root for ${PUBLIC_GOOD_URL}`);
  return { root, trustedRoot };
}

/** The public-good trusted root as it was when this version was made: good to judge what is older, silent about what is newer. */
export function seedSource(): TrustRootSource {
  return {
    read: async (signal) => {
      signal.throwIfAborted();
      const { trustedRoot } = await readSeed();
      return {
        trustedRoot: checkTrustedRoot(trustedRoot, "the shipped trusted root"),
        state: "stale",
        reason: "shipped with this version, not refreshed from its repository",
      };
    },
  };
}

function seedsPath(): string {
  try {
    return createRequire(import.meta.url).resolve("@sigstore/tuf/seeds.json");
  } catch (cause) {
    throw new Fault("trust.invalid", "@sigstore/tuf is not installed", { cause });
  }
}

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}

function toBytes(value: JsonValue | undefined): Uint8Array | undefined {
  return typeof value === "string" ? parseBase64(value) : undefined;
}

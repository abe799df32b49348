import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { asNodeError } from "../node-error.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import type { Config } from "./config.ts";
import { toEffectiveConfig, type EffectiveConfig } from "./effective.ts";

/** A configuration of thousands of entries is below 1 MiB. */
const CONFIG_BYTES_MAX = 1024 * 1024;

export type ConfigRequest = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--config`. */
  readonly file?: string | undefined;
  /** Values of flags by path, `{"server.listen": "127.0.0.1:0"}`. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
};

/** The configuration that holds. Faults: `config.missing`, `config.invalid` (with the first problem and the count). */
export async function readConfig(request: ConfigRequest): Promise<Config> {
  const { config, problems } = await readEffectiveConfig(request);
  if (config) return config;
  const [first, ...others] = problems.filter(({ severity }) => severity === "error");
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  throw new Fault("config.invalid", `${first?.text ?? "configuration"}${more}`);
}

/** As `readConfig`, with the source of each value, and with the problems as values. Faults: `config.missing`. */
export async function readEffectiveConfig(request: ConfigRequest): Promise<EffectiveConfig> {
  const file = await findFile(request);
  return toEffectiveConfig({ env: request.env, flags: request.flags ?? {}, ...(file && { file }) });
}

/** The first that exists is used alone: `--config`, `$COUNTERSIGN_CONFIG`, then the places of product chapter §2.4. */
async function findFile(request: ConfigRequest): Promise<{ readonly path: string; readonly text: string } | undefined> {
  const named = request.file ?? (request.env["COUNTERSIGN_CONFIG"] || undefined);
  if (named !== undefined) {
    const text = await readBounded(named);
    if (text === undefined) throw new Fault("config.missing", named);
    return { path: named, text };
  }
  for (const path of placesOf(request.env)) {
    // oxlint-disable-next-line no-await-in-loop -- in order: the first found is used alone
    const text = await readBounded(path);
    if (text !== undefined) return { path, text };
  }
  return undefined;
}

function placesOf(env: ConfigRequest["env"]): readonly string[] {
  const home = env["HOME"];
  const xdg = env["XDG_CONFIG_HOME"] || (home ? join(home, ".config") : undefined);
  return [
    "countersign.yaml",
    ...(xdg ? [join(xdg, "countersign", "config.yaml")] : []),
    "/etc/countersign/config.yaml",
  ];
}

async function readBounded(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size > CONFIG_BYTES_MAX) throw new Fault("input.too-large", `${path}: more than ${CONFIG_BYTES_MAX} bytes`);
    const text = parseUtf8(await readFile(path));
    if (text === undefined) throw new Fault("input.malformed", `${path}: not UTF-8`);
    return text.replace(/^\uFEFF/, "");
  } catch (error) {
    const code = asNodeError(error)?.code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code !== undefined) throw new Fault("input.unreadable", path, { cause: error });
    throw error;
  }
}

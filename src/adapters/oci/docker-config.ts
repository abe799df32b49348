import { readFile } from "node:fs/promises";
import { parseBase64 } from "../../core/bytes/base64.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject } from "../../core/json/json.ts";
import { readJson } from "../../core/json/read-json.ts";
import { secret } from "../../core/secret.ts";
import type { CredentialsOf, RegistryCredentials } from "./session.ts";

const CONFIG_BYTES_MAX = 1024 * 1024;
/** Where docker.io is called by the names it had. */
const DOCKER_HUB = ["https://index.docker.io/v1/", "index.docker.io", "registry-1.docker.io"];

/**
 * Credentials from a docker `config.json`, which Tekton and podman write too (containers-auth.json(5)). Only `auths` is read:
 * helpers are programs, and we start none. The file is read at each use; a missing one means anonymous.
 */
export function dockerConfigCredentials(path: string): CredentialsOf {
  return async (host) => {
    const config = await readConfig(path);
    const auths = isJsonObject(config?.["auths"]) ? config["auths"] : {};
    const names = [host, `https://${host}`, `https://${host}/`, ...(host === "docker.io" ? DOCKER_HUB : [])];
    const entry = names.map((name) => (Object.hasOwn(auths, name) ? auths[name] : undefined)).find(isJsonObject);
    return entry && toCredentials(entry, `${path}: auths of ${host}`);
  };
}

async function readConfig(path: string): Promise<JsonObject | undefined> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw cause instanceof Error && "code" in cause ? new Fault("input.unreadable", path, { cause }) : cause;
  });
  if (!bytes) return undefined;
  const json = readJson(bytes, { bytesMax: CONFIG_BYTES_MAX, depthMax: 8 });
  // The parser's message may quote the place, and the place may be a password.
  if (!json.ok || !isJsonObject(json.value)) throw new Fault("input.malformed", `${path} is not a JSON object`);
  return json.value;
}

/** `auth` is base64 of `user:password`; the password may hold colons. */
function toCredentials(entry: JsonObject, subject: string): RegistryCredentials | undefined {
  const { auth, username, password } = entry;
  if (typeof username === "string" && typeof password === "string") return { username, password: secret(password) };
  if (typeof auth !== "string" || auth === "") return undefined;
  const bytes = parseBase64(auth);
  const [, user, word] = /^([^:]*):(.*)$/s.exec((bytes && parseUtf8(bytes)) ?? "") ?? [];
  if (user === undefined || word === undefined) throw new Fault("input.malformed", subject);
  return { username: user, password: secret(word) };
}

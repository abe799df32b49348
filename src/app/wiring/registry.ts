import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { undiciHttpClient } from "../../adapters/http/client.ts";
import { dockerConfigCredentials } from "../../adapters/oci/docker-config.ts";
import { mirroredRegistry } from "../../adapters/oci/mirrored.ts";
import { ociRegistry } from "../../adapters/oci/registry.ts";
import type { CredentialsOf } from "../../adapters/oci/session.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import type { Registry } from "../../ports/registry.ts";
import type { Config } from "../config/config.ts";
import { readInput } from "../read-input.ts";

const CA_BYTES_MAX = 1024 * 1024;

/** All registries, with the credentials and anchors that the configuration names, and the connections to close. */
export type OpenRegistry = { readonly registry: Registry; readonly close: () => Promise<void> };

/** Credentials come from the registry's `authFile`, else from the docker configuration of this user. */
export async function openRegistry(
  { registries, mirrors }: Pick<Config, "registries" | "mirrors">,
  env: Readonly<Record<string, string | undefined>>,
): Promise<OpenRegistry> {
  const folder = env["DOCKER_CONFIG"] || join(env["HOME"] || "/", ".docker");
  const opened = await openRegistryWith(registries, dockerConfigCredentials(join(folder, "config.json")));
  return { ...opened, registry: mirroredRegistry(opened.registry, mirrors) };
}

/** The same, with credentials of a known origin for hosts without an `authFile`; nothing is read of the environment. */
export async function openRegistryWith(
  registries: readonly Pick<Config["registries"][number], "host" | "authFile" | "caFile" | "plainHttp">[],
  credentialsOf: CredentialsOf,
): Promise<OpenRegistry> {
  const files = registries.flatMap(({ caFile }) => caFile ?? []);
  const anchors = await Promise.all(files.map(async (file) => parseUtf8(await readInput(file, CA_BYTES_MAX)) ?? ""));
  const http = undiciHttpClient(anchors.length > 0 ? { ca: [...rootCertificates, ...anchors] } : {});
  const registry = ociRegistry(http, {
    plainHttp: registries.flatMap(({ host, plainHttp }) => (plainHttp ? [host] : [])),
    credentialsOf: async (host) => {
      const file = registries.find((known) => known.host === host)?.authFile;
      return file ? dockerConfigCredentials(file)(host) : credentialsOf(host);
    },
  });
  return { registry, close: () => http.close() };
}

import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { undiciHttpClient } from "../../adapters/http/client.ts";
import { dockerConfigCredentials } from "../../adapters/oci/docker-config.ts";
import { ociRegistry } from "../../adapters/oci/registry.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import type { Registry } from "../../ports/registry.ts";
import type { Config } from "../config/config.ts";
import { readInput } from "../read-input.ts";

const CA_BYTES_MAX = 1024 * 1024;

/** All registries, with the credentials and anchors that the configuration names, and the connections to close. */
export type OpenRegistry = { readonly registry: Registry; readonly close: () => Promise<void> };

/** Credentials come from the registry's `authFile`, else from the docker configuration of this user. */
export async function openRegistry(
  { registries }: Pick<Config, "registries">,
  env: Readonly<Record<string, string | undefined>>,
): Promise<OpenRegistry> {
  const files = registries.flatMap(({ caFile }) => caFile ?? []);
  const anchors = await Promise.all(files.map(async (file) => parseUtf8(await readInput(file, CA_BYTES_MAX)) ?? ""));
  const http = undiciHttpClient(anchors.length > 0 ? { ca: [...rootCertificates, ...anchors] } : {});
  const docker = dockerConfigCredentials(
    join(env["DOCKER_CONFIG"] || join(env["HOME"] || "/", ".docker"), "config.json"),
  );
  const registry = ociRegistry(http, {
    plainHttp: registries.flatMap(({ host, plainHttp }) => (plainHttp ? [host] : [])),
    credentialsOf: async (host) => {
      const file = registries.find((known) => known.host === host)?.authFile;
      return file ? dockerConfigCredentials(file)(host) : docker(host);
    },
  });
  return { registry, close: () => http.close() };
}

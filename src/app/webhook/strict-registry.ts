import { rootCertificates } from "node:tls";
import { join } from "node:path";
import { undiciHttpClient } from "../../adapters/http/client.ts";
import { dockerConfigCredentials } from "../../adapters/oci/docker-config.ts";
import { mirroredRegistry } from "../../adapters/oci/mirrored.ts";
import { ociRegistry } from "../../adapters/oci/registry.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { Registry } from "../../ports/registry.ts";
import type { Config } from "../config/config.ts";
import { readInput } from "../read-input.ts";

export type StrictRegistry = { readonly registry: Registry; readonly close: () => Promise<void> };

const CA_BYTES_MAX = 1024 * 1024;
/** Where docker.io gets its tokens; known to everybody, so nobody has to configure it. */
const DOCKER_AUTH = "auth.docker.io";

/**
 * Registries as admission may use them: whoever can create a pod chooses what is asked for, so a host that the configuration
 * does not name is never looked for on this machine, and tokens come from hosts that are named (trust-policy chapter §3.5).
 */
export async function openStrictRegistry(
  { registries, mirrors = [] }: Pick<Config, "registries"> & Partial<Pick<Config, "mirrors">>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<StrictRegistry> {
  const files = registries.flatMap(({ caFile }) => caFile ?? []);
  const anchors = await Promise.all(files.map(async (file) => parseUtf8(await readInput(file, CA_BYTES_MAX)) ?? ""));
  const tls = anchors.length > 0 ? { ca: [...rootCertificates, ...anchors] } : {};
  const declared = undiciHttpClient(tls);
  const others = undiciHttpClient({ ...tls, refused: ["loopback"] });
  const named = mirrors.flatMap((one) => one.mirrors.map((place) => place.split("/")[0] ?? ""));
  const hosts = new Set([...registries.map(({ host }) => host), ...named]);
  const clientFor = ({ url }: { readonly url: string }): HttpClient =>
    hosts.has(URL.parse(url)?.host ?? "") ? declared : others;
  const http: HttpClient = {
    send: (request, signal) => clientFor(request).send(request, signal),
    stream: (request, signal) => clientFor(request).stream(request, signal),
  };
  const docker = dockerConfigCredentials(
    join(env["DOCKER_CONFIG"] || join(env["HOME"] || "/", ".docker"), "config.json"),
  );
  const registry = ociRegistry(http, {
    plainHttp: registries.flatMap(({ host, plainHttp }) => (plainHttp ? [host] : [])),
    strict: {
      authHosts: (host) => [
        ...(registries.find((known) => known.host === host)?.authHosts ?? []),
        ...(host === "docker.io" ? [DOCKER_AUTH] : []),
      ],
    },
    credentialsOf: async (host) => {
      const file = registries.find((known) => known.host === host)?.authFile;
      return file ? dockerConfigCredentials(file)(host) : docker(host);
    },
  });
  const close = async (): Promise<void> => {
    await Promise.all([declared.close(), others.close()]);
  };
  return { registry: mirroredRegistry(registry, mirrors), close };
}

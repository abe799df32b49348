import { Fault } from "../../core/fault.ts";
import type { RepositoryName } from "../../ports/registry.ts";

/** Where a repository is served. */
export type Repository = {
  /** Of the name, for credentials: `docker.io`, `registry.example:5000`. */
  readonly host: string;
  /** `https://host`, or `http://host` on this machine. */
  readonly origin: string;
  /** The name within the registry (OCI distribution-spec v1.1, Pulling manifests). */
  readonly path: string;
};

const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/;
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const NAME_CHARACTERS_MAX = 512;
/** Hosts that speak plain http by convention, as Docker's and cosign's clients have it. */
const LOCAL = /^(?:localhost|(?:.+\.)?localhost|127\.[0-9.]+|\[::1\])(?::[0-9]+)?$/;

/** Splits `host/path`. `plainHttp` names further hosts, each with its port, that have no TLS. A name that is none is `input.malformed`. */
export function toRepository(name: RepositoryName, plainHttp: readonly string[]): Repository {
  const slash = name.indexOf("/");
  const host = name.slice(0, Math.max(slash, 0));
  const path = name.slice(slash + 1);
  if (name.length > NAME_CHARACTERS_MAX || !HOST.test(host) || !PATH.test(path)) {
    throw new Fault("input.malformed", `repository ${JSON.stringify(name.slice(0, NAME_CHARACTERS_MAX))}`);
  }
  const scheme = LOCAL.test(host) || plainHttp.includes(host) ? "http" : "https";
  return { host, origin: `${scheme}://${host === "docker.io" ? "registry-1.docker.io" : host}`, path };
}

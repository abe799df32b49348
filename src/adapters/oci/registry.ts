import { parseDigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { Registry, RepositoryName } from "../../ports/registry.ts";
import { pushBlob, pushManifest } from "./push.ts";
import { readBlob, readManifest, readReferrers, type Place } from "./read.ts";
import { toRepository } from "./repository.ts";
import { registrySession, type CredentialsOf, type StrictSession } from "./session.ts";

export type OciOptions = {
  /** Anonymous unless given. */
  readonly credentialsOf?: CredentialsOf;
  /** Hosts, each with its port, that speak plain http; those of this machine do anyway. The HTTP client has the last word. */
  readonly plainHttp?: readonly string[];
  /** For names that come from strangers. */
  readonly strict?: StrictSession;
};

const TAG = /^\w[\w.-]{0,127}$/;
const anonymous: CredentialsOf = async () => undefined;

/** All OCI registries there are (distribution-spec v1.1), as one port: the repository's name says which. */
export function ociRegistry(http: HttpClient, options: OciOptions = {}): Registry {
  const session = registrySession(http, options.credentialsOf ?? anonymous, options.strict);
  const at = (name: RepositoryName): Place => ({ session, repository: toRepository(name, options.plainHttp ?? []) });
  return {
    manifest: async (name, reference, signal) => {
      const found = await readManifest(at(name), checked(reference), signal);
      return found && { descriptor: found.descriptor, bytes: found.bytes };
    },
    blob: (name, digest, bytesMax, signal) => readBlob(at(name), digest, bytesMax, signal),
    referrers: (name, subject, signal) => readReferrers(at(name), subject, signal),
    pushBlob: (name, bytes, signal) => pushBlob(at(name), bytes, signal),
    pushManifest: (name, manifest, signal) => {
      if (manifest.tag !== undefined) checked(manifest.tag);
      return pushManifest(at(name), manifest, signal);
    },
  };
}

/** A tag or a digest: what may stand in a path without being anything else. */
function checked(reference: string): string {
  if (TAG.test(reference) || parseDigestRef(reference) !== undefined) return reference;
  throw new Fault("input.malformed", `${JSON.stringify(reference.slice(0, 200))} is neither a tag nor a sha256 digest`);
}

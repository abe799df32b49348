import { digestRefOf, parseDigestRef } from "../../../core/digest.ts";
import type { Exchange, Reply } from "../serve.ts";
import type { StoredManifest } from "./content.ts";
import { MANIFEST_BYTES_MAX, readManifest, type ManifestFacts } from "./manifest.ts";
import { refusal } from "./replies.ts";
import type { RegistryState } from "./state.ts";

const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Pulling, pushing and deleting manifests by tag or digest. */
export function answerManifest(state: RegistryState, exchange: Exchange, repository: string, reference: string): Reply {
  if (!parseDigestRef(reference) && !TAG.test(reference)) return refusal("MANIFEST_UNKNOWN", reference);
  switch (exchange.method) {
    case "GET":
    case "HEAD": {
      const manifest = state.content.manifest(repository, reference);
      return manifest ? pulled(manifest) : refusal("MANIFEST_UNKNOWN", reference);
    }
    case "PUT":
      return push(state, exchange, repository, reference);
    case "DELETE":
      return state.content.remove(repository, reference) ? { status: 202 } : refusal("MANIFEST_UNKNOWN", reference);
    default:
      return refusal("UNSUPPORTED", exchange.method);
  }
}

function pulled(manifest: StoredManifest): Reply {
  const headers = {
    "content-type": manifest.mediaType,
    "docker-content-digest": manifest.digest,
    etag: `"${manifest.digest}"`,
  };
  return { status: 200, headers, body: manifest.bytes };
}

function push(state: RegistryState, exchange: Exchange, repository: string, reference: string): Reply {
  const bytes = exchange.body;
  if (bytes.length > MANIFEST_BYTES_MAX) return refusal("SIZE_INVALID", `${bytes.length} bytes`);
  const facts = readManifest(bytes);
  if (!facts) return refusal("MANIFEST_INVALID", "not a manifest");
  const mediaType = exchange.headers["content-type"] ?? facts.ownMediaType ?? "";
  if (facts.ownMediaType !== undefined && facts.ownMediaType !== mediaType) {
    return refusal("MANIFEST_INVALID", `content-type ${mediaType}, mediaType ${facts.ownMediaType}`);
  }
  const missing = firstMissing(state, repository, facts);
  if (missing !== undefined) return refusal("MANIFEST_BLOB_UNKNOWN", missing);
  const byDigest = parseDigestRef(reference);
  if (byDigest && byDigest !== digestRefOf(bytes)) return refusal("DIGEST_INVALID", reference);
  const stored = state.content.putManifest(repository, { mediaType, bytes, ...(byDigest ? {} : { tag: reference }) });
  return stored ? pushed(state, repository, stored) : refusal("DENIED", reference);
}

/** `OCI-Subject` tells the client that it need not keep the fallback tag. */
function pushed(state: RegistryState, repository: string, stored: StoredManifest): Reply {
  const headers = {
    location: `/v2/${repository}/manifests/${stored.digest}`,
    "docker-content-digest": stored.digest,
    ...(state.referrersApi && stored.subject ? { "oci-subject": stored.subject } : {}),
  };
  return { status: 201, headers };
}

/** The first thing named by the manifest that is not here. The subject may come later (distribution-spec v1.1). */
function firstMissing(state: RegistryState, repository: string, facts: ManifestFacts): string | undefined {
  const hasBlob = (digest: string): boolean => {
    const ref = parseDigestRef(digest);
    return ref !== undefined && state.content.blob(ref) !== undefined;
  };
  return (
    facts.blobs.find((digest) => !hasBlob(digest)) ??
    facts.manifests.find((digest) => !state.content.manifest(repository, digest))
  );
}

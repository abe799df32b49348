import { bug } from "../../../core/bug.ts";
import type { DigestRef } from "../../../core/digest.ts";
import { jsonReply, serve, type Exchange, type Listening, type ListenOptions, type Reply } from "../serve.ts";
import { answerBlob, answerUpload } from "./blobs.ts";
import { openContent, type ManifestPush } from "./content.ts";
import { answerReferrers, answerTags } from "./listings.ts";
import { answerManifest } from "./manifests.ts";
import { refusal } from "./replies.ts";
import type { RegistryState } from "./state.ts";
import { newUploads } from "./uploads.ts";

export type RegistryOptions = ListenOptions & {
  /** A file that keeps the content over restarts; in memory alone when absent. */
  readonly path?: string;
  /** False: as a registry before distribution-spec v1.1, where clients keep an index under a fallback tag. */
  readonly referrersApi?: boolean;
  /** Referrers on a page; all on one unless given. */
  readonly referrersPerPage?: number;
  readonly blobBytesMax?: number;
  readonly contentBytesMax?: number;
};

export type VirtualRegistry = Listening & {
  /** `localhost:<port>`: what image references begin with; clients speak plain http to it. */
  readonly host: string;
  /** Pushes without a socket, for worlds with thousands of images. `bug` when the registry is full. */
  readonly pushBlob: (bytes: Uint8Array) => DigestRef;
  readonly pushManifest: (repository: string, push: ManifestPush) => DigestRef;
};

const BLOB_BYTES_MAX = 256 * 1024 * 1024;
const CONTENT_BYTES_MAX = 2 * 1024 * 1024 * 1024;

/** Starts an OCI registry (distribution-spec v1.1, push, pull, content discovery, content management) on loopback. */
export async function startRegistry(options: RegistryOptions = {}): Promise<VirtualRegistry> {
  const content = openContent({
    bytesMax: options.contentBytesMax ?? CONTENT_BYTES_MAX,
    ...(options.path === undefined ? {} : { path: options.path }),
  });
  const blobBytesMax = options.blobBytesMax ?? BLOB_BYTES_MAX;
  const state: RegistryState = {
    content,
    uploads: newUploads(blobBytesMax),
    blobBytesMax,
    referrersApi: options.referrersApi ?? true,
    referrersPerPage: options.referrersPerPage ?? Number.MAX_SAFE_INTEGER,
  };
  const listening = await serve((exchange) => answer(state, exchange), blobBytesMax, options);
  return {
    ...listening,
    host: `localhost:${listening.port}`,
    pushBlob: (bytes) => content.putBlob(bytes) ?? bug("the virtual registry is full"),
    pushManifest: (repository, push) =>
      content.putManifest(repository, push)?.digest ?? bug("the virtual registry is full, or this is no manifest"),
    close: async () => {
      await listening.close();
      content.close();
    },
  };
}

/** Distribution-spec v1.1, Pulling manifests. */
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const NAME_CHARACTERS_MAX = 255;
const ROUTE = /^\/v2\/(.+)\/(?:(blobs\/uploads)(?:\/([^/]*))?|(blobs|manifests|referrers|tags)\/([^/]+))$/;

function answer(state: RegistryState, exchange: Exchange): Reply {
  const { path } = exchange;
  if (path === "/v2/" || path === "/v2") return jsonReply(200, {}, API_VERSION);
  if (path === "/v2/_catalog") return jsonReply(200, { repositories: state.content.repositories() });
  const route = ROUTE.exec(path);
  return route ? answerRoute(state, exchange, route) : refusal("UNSUPPORTED", path);
}

function answerRoute(state: RegistryState, exchange: Exchange, route: RegExpExecArray): Reply {
  const [, repository = "", uploads, upload = "", noun = "", reference = ""] = route;
  if (repository.length > NAME_CHARACTERS_MAX || !NAME.test(repository)) return refusal("NAME_INVALID", repository);
  if (uploads !== undefined) return answerUpload(state, exchange, repository, upload);
  const handler = HANDLERS[noun] ?? bug(`a route of ${noun}`);
  return handler(state, exchange, repository, decodeReference(reference));
}

type Handler = (state: RegistryState, exchange: Exchange, repository: string, reference: string) => Reply;
const HANDLERS: Readonly<Record<string, Handler>> = {
  blobs: (state, exchange, _, reference) => answerBlob(state, exchange, reference),
  manifests: answerManifest,
  referrers: answerReferrers,
  tags: (state, exchange, repository, reference) =>
    reference === "list" ? answerTags(state, exchange, repository) : refusal("UNSUPPORTED", exchange.path),
};

const API_VERSION = { "docker-distribution-api-version": "registry/2.0" };

/** Some clients send the colon of a digest percent-encoded. */
function decodeReference(reference: string): string {
  return reference.replace(/^sha256%3a/i, "sha256:");
}

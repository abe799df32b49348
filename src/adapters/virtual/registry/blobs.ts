import { digestRefOf, parseDigestRef } from "../../../core/digest.ts";
import type { Exchange, Reply } from "../serve.ts";
import { refusal } from "./replies.ts";
import type { RegistryState } from "./state.ts";

/** Pulling blobs: `GET`, `HEAD`. */
export function answerBlob(state: RegistryState, exchange: Exchange, reference: string): Reply {
  if (exchange.method !== "GET" && exchange.method !== "HEAD") return refusal("UNSUPPORTED", exchange.method);
  const digest = parseDigestRef(reference);
  if (!digest) return refusal("DIGEST_INVALID", reference);
  const bytes = state.content.blob(digest);
  if (!bytes) return refusal("BLOB_UNKNOWN", digest);
  return {
    status: 200,
    headers: { "content-type": "application/octet-stream", "docker-content-digest": digest },
    body: bytes,
  };
}

/** Pushing blobs: in one request, in two, in chunks, or mounted from another repository. */
export function answerUpload(state: RegistryState, exchange: Exchange, repository: string, upload: string): Reply {
  const { method, query } = exchange;
  if (upload === "") {
    if (method !== "POST") return refusal("UNSUPPORTED", method);
    const digest = query.get("digest");
    if (digest !== null) return store(state, repository, digest, exchange.body);
    const mounted = parseDigestRef(query.get("mount") ?? "");
    if (mounted && state.content.blob(mounted)) return created(repository, mounted);
    return accepted(repository, state.uploads.begin(), 0);
  }
  const size = state.uploads.size(upload);
  if (size === undefined) return refusal("BLOB_UPLOAD_UNKNOWN", upload);
  switch (method) {
    case "GET":
      return { ...accepted(repository, upload, size), status: 204 };
    case "PATCH":
      return append(state, exchange, repository, upload);
    case "PUT":
      return finish(state, exchange, repository, upload);
    case "DELETE":
      state.uploads.finish(upload);
      return { status: 204 };
    default:
      return refusal("UNSUPPORTED", method);
  }
}

function append(state: RegistryState, exchange: Exchange, repository: string, upload: string): Reply {
  const start = /^(\d+)-\d+$/.exec(exchange.headers["content-range"] ?? "")?.[1];
  const expected = state.uploads.size(upload) ?? 0;
  if (start !== undefined && Number(start) !== expected) {
    return { ...accepted(repository, upload, expected), ...refusal("RANGE_INVALID", `expected ${expected}`) };
  }
  const size = state.uploads.append(upload, exchange.body);
  if (typeof size !== "number") return refusal("SIZE_INVALID", upload);
  return accepted(repository, upload, size);
}

function finish(state: RegistryState, exchange: Exchange, repository: string, upload: string): Reply {
  const digest = exchange.query.get("digest");
  if (digest === null) return refusal("DIGEST_INVALID", "no digest given");
  const size = exchange.body.length === 0 ? 0 : state.uploads.append(upload, exchange.body);
  if (typeof size !== "number") return refusal("SIZE_INVALID", upload);
  return store(state, repository, digest, state.uploads.finish(upload) ?? exchange.body);
}

function store(state: RegistryState, repository: string, digest: string, bytes: Uint8Array): Reply {
  if (digestRefOf(bytes) !== digest) return refusal("DIGEST_INVALID", digest);
  if (state.content.putBlob(bytes) === undefined) return refusal("DENIED", digest);
  return created(repository, digest);
}

function created(repository: string, digest: string): Reply {
  const headers = { location: `/v2/${repository}/blobs/${digest}`, "docker-content-digest": digest };
  return { status: 201, headers };
}

function accepted(repository: string, upload: string, size: number): Reply {
  const headers = {
    location: `/v2/${repository}/blobs/uploads/${upload}`,
    range: `0-${Math.max(0, size - 1)}`,
    "docker-upload-uuid": upload,
  };
  return { status: 202, headers };
}

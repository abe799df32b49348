import { jsonReply, type Reply } from "../serve.ts";

export type RegistryErrorCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DENIED"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "RANGE_INVALID"
  | "SIZE_INVALID"
  | "UNSUPPORTED";

/** Error codes of the distribution-spec v1.1, Error Codes, with the status that registries send them with. */
const ERRORS: Readonly<Record<RegistryErrorCode, readonly [number, string]>> = {
  BLOB_UNKNOWN: [404, "blob unknown to registry"],
  BLOB_UPLOAD_UNKNOWN: [404, "blob upload unknown to registry"],
  DENIED: [403, "the registry is full"],
  DIGEST_INVALID: [400, "provided digest did not match uploaded content"],
  MANIFEST_BLOB_UNKNOWN: [404, "manifest references a manifest or blob unknown to registry"],
  MANIFEST_INVALID: [400, "manifest invalid"],
  MANIFEST_UNKNOWN: [404, "manifest unknown to registry"],
  NAME_INVALID: [400, "invalid repository name"],
  NAME_UNKNOWN: [404, "repository name not known to registry"],
  RANGE_INVALID: [416, "the chunk does not begin where the last one ended"],
  SIZE_INVALID: [413, "larger than this registry takes"],
  UNSUPPORTED: [405, "the operation is unsupported"],
};

export function refusal(code: RegistryErrorCode, detail: string): Reply {
  const [status, message] = ERRORS[code];
  return jsonReply(status, { errors: [{ code, message, detail }] });
}

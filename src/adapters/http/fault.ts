import { Fault, type FaultId } from "../../core/fault.ts";

/** Codes of undici and Node that are not simply "did not answer". */
const IDS: Readonly<Record<string, FaultId>> = {
  UND_ERR_CONNECT_TIMEOUT: "http.timeout",
  UND_ERR_HEADERS_TIMEOUT: "http.timeout",
  UND_ERR_BODY_TIMEOUT: "http.timeout",
  UND_ERR_HEADERS_OVERFLOW: "http.too-large",
  UND_ERR_INVALID_ARG: "http.malformed",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "http.malformed",
  HPE_HEADER_OVERFLOW: "http.too-large",
  Z_DATA_ERROR: "http.malformed",
  Z_BUF_ERROR: "http.malformed",
};

/** What undici, sockets, TLS and zlib throw becomes a Fault about `subject`; a bug of ours stays a bug. */
export function asHttpFault(cause: unknown, subject: string): unknown {
  if (cause instanceof Fault) return cause;
  if (!(cause instanceof Error) || !("code" in cause) || typeof cause.code !== "string") return cause;
  const id = IDS[cause.code] ?? (cause.code.startsWith("HPE_") ? "http.malformed" : "http.unreachable");
  return new Fault(id, `${subject}: ${cause.code}`, { cause });
}

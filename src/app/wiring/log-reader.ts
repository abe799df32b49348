import { rekor1Reader } from "../../adapters/rekor1/reader.ts";
import { rekor2Reader } from "../../adapters/rekor2/reader.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { LogReader } from "../../ports/transparency-log.ts";
import type { LogConfig } from "../config/config.ts";

/** The reading half of a configured log. */
export function logReaderOf(http: HttpClient, { type, url, readUrl }: LogConfig): LogReader {
  if (type === "rekor1") return rekor1Reader(http, { url: readUrl ?? url });
  return rekor2Reader(http, { url, ...(readUrl && { readUrl }) });
}

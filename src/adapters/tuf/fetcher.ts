import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Fetcher } from "tuf-js";
import { DownloadHTTPError } from "tuf-js/dist/error.js";
import { Fault, renameFault } from "../../core/fault.ts";
import type { HttpClient } from "../../ports/http-client.ts";

/** What the library fetches through. It wraps failures into text, so the first one is also kept here. */
export type RecordingFetcher = Fetcher & {
  /** Every file that was fetched, by the last part of its URL. */
  readonly fetched: ReadonlyMap<string, Uint8Array>;
  firstFault(): Fault | undefined;
};

/** Against endless data: no file of a TUF repository that is read here is larger. */
const FILE_BYTES_MAX = 5 * 1024 * 1024;
const TIMEOUT_MS = 10_000;

export function boundedFetcher(http: HttpClient, signal: AbortSignal): RecordingFetcher {
  const fetched = new Map<string, Uint8Array>();
  let first: Fault | undefined;
  const fetchBytes = async (url: string, bytesMax: number): Promise<Uint8Array> => {
    try {
      const limits = { bytesMax: Math.min(bytesMax, FILE_BYTES_MAX), timeoutMs: TIMEOUT_MS };
      const { status, body } = await http.send({ method: "GET", url, ...limits }, signal);
      if (status !== 200) throw statusError(url, status);
      fetched.set(url.slice(url.lastIndexOf("/") + 1), body);
      return body;
    } catch (cause) {
      const error = renameFault(cause, TRANSPORT);
      if (error instanceof Fault) first ??= error;
      throw error;
    }
  };
  return {
    fetched,
    firstFault: () => first,
    downloadBytes: async (url, bytesMax) => Buffer.from(await fetchBytes(url, bytesMax)),
    downloadFile: async (url, bytesMax, handle) => {
      const bytes = await fetchBytes(url, bytesMax);
      const folder = await mkdtemp(join(tmpdir(), "countersign-tuf-"));
      try {
        const path = join(folder, "target");
        await writeFile(path, bytes);
        return await handle(path);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  };
}

const TRANSPORT = {
  "http.unreachable": "trust.unreachable",
  "http.timeout": "trust.unreachable",
  "http.too-large": "trust.invalid",
} as const;

/** That the next root is not there ends the walk; anything else that is not there is an answer nobody can use. */
function statusError(url: string, status: number): Error {
  const absent = status === 404 || status === 403;
  if (absent && /\/\d+\.root\.json$/.test(url)) return new DownloadHTTPError(`${url}: ${status}`, status);
  return new Fault("trust.unreachable", `${url}: ${status}`);
}

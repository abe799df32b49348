import { Fault, renameFault, type FaultId } from "../../core/fault.ts";
import {
  BUNDLE_BYTES_MAX,
  bundlePath,
  parseEntryBundle,
  parseTile,
  renderEntryBundle,
  renderTile,
  TILE_WIDTH,
  tilePath,
} from "../../core/merkle/tiles.ts";
import { NOTE_BYTES_MAX, parseNote } from "../../core/note/note.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { TiledLogReader } from "../../ports/transparency-log.ts";

export type Rekor2ReaderOptions = {
  /** The log's base URL. */
  readonly url: string;
  /** Where the tiles are served, when that is known; else `<url>/api/v2` is tried, then `<url>`. */
  readonly readUrl?: string;
  readonly timeoutMs?: number;
};

const TIMEOUT_MS = 30_000;
const TILE_BYTES_MAX = TILE_WIDTH * 32;
/** Object stores that serve tiles may answer with where they moved to. */
const REDIRECTS_MAX = 2;
const TRANSPORT: Partial<Record<FaultId, FaultId>> = {
  "http.unreachable": "log.unreachable",
  "http.timeout": "log.unreachable",
  "http.too-large": "log.too-large",
  "http.malformed": "log.malformed",
};

type Fetch = (path: string, bytesMax: number, signal: AbortSignal) => Promise<Uint8Array | undefined>;

/**
 * Reads a Rekor v2, or any other log of C2SP tlog-tiles. What is served is passed on as it is. A partial tile that is
 * gone, because the log has grown past it, is cut out of the full one.
 */
export function rekor2Reader(http: HttpClient, options: Rekor2ReaderOptions): TiledLogReader {
  const bases = basesOf(options);
  let known: string | undefined;

  const fetch =
    (base: string, headers: Readonly<Record<string, string>>): Fetch =>
    async (path, bytesMax, signal) => {
      const url = `${base}/${path}`;
      const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
      const request = { method: "GET", url, headers, bytesMax, timeoutMs, redirectsMax: REDIRECTS_MAX } as const;
      const { status, body } = await http.send(request, signal).catch((error: unknown) => {
        throw renameFault(error, TRANSPORT);
      });
      if (status === 200) return body;
      if (status === 404 || status === 410) return undefined;
      throw new Fault(status === 429 || status >= 500 ? "log.unreachable" : "log.refused", `${url}: ${status}`);
    };

  const probe = async (headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Uint8Array> => {
    let other: Uint8Array | undefined;
    for (const base of known === undefined ? bases : [known]) {
      // oxlint-disable-next-line no-await-in-loop -- the second is asked only when the first has none
      const served = await fetch(base, headers)("checkpoint", NOTE_BYTES_MAX, signal);
      // A web server in front may answer every path with its start page, so a note decides where the log is.
      if (served && parseNote(served).ok) {
        known = base;
        return served;
      }
      other ??= served;
    }
    // What is no note is for others to judge.
    if (other) return other;
    throw new Fault("log.missing", `${(known === undefined ? bases : [known]).join(" and ")}: checkpoint`);
  };

  const reader = (headers: Readonly<Record<string, string>>): TiledLogReader => {
    const fromKnown: Fetch = async (path, bytesMax, signal) => {
      if (known === undefined) await probe(headers, signal);
      return fetch(known ?? options.url, headers)(path, bytesMax, signal);
    };
    return {
      type: "tiles",
      checkpoint: (signal) => probe(headers, signal),
      tile: (level, index, width, signal) => readTile(fromKnown, { level, index, width }, signal),
      bundle: (index, width, signal) => readBundle(fromKnown, { index, width }, signal),
    };
  };
  return { ...reader({}), uncached: reader({ "cache-control": "no-cache" }) };
}

function basesOf({ url, readUrl }: Rekor2ReaderOptions): readonly string[] {
  const base = url.replace(/\/+$/, "");
  return readUrl === undefined ? [`${base}/api/v2`, base] : [readUrl.replace(/\/+$/, "")];
}

async function readTile(
  fetch: Fetch,
  tile: { readonly level: number; readonly index: number; readonly width: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = await fetch(tilePath(tile), TILE_BYTES_MAX, signal);
  if (bytes) return bytes;
  const path = tilePath({ ...tile, width: TILE_WIDTH });
  const full = tile.width < TILE_WIDTH && (await fetch(path, TILE_BYTES_MAX, signal));
  if (!full) throw new Fault("log.missing", tilePath(tile));
  const hashes = parseTile(full, TILE_WIDTH);
  if (!hashes) throw new Fault("log.malformed", `${path}: ${full.length} bytes`);
  return renderTile(hashes.slice(0, tile.width));
}

async function readBundle(
  fetch: Fetch,
  { index, width }: { readonly index: number; readonly width: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = await fetch(bundlePath(index, width), BUNDLE_BYTES_MAX, signal);
  if (bytes) return bytes;
  const path = bundlePath(index, TILE_WIDTH);
  const full = width < TILE_WIDTH && (await fetch(path, BUNDLE_BYTES_MAX, signal));
  if (!full) throw new Fault("log.missing", bundlePath(index, width));
  const entries = parseEntryBundle(full, TILE_WIDTH);
  if (!entries) throw new Fault("log.malformed", `${path}: not ${TILE_WIDTH} entries`);
  return renderEntryBundle(entries.slice(0, width));
}

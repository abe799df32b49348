import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";
import { asNodeError } from "../node-error.ts";
import { toBase64Url } from "../../core/bytes/base64.ts";
import { sha256 } from "../../core/digest.ts";

/** One file of the console, ready to be sent. */
export type Asset = {
  readonly bytes: Uint8Array;
  readonly gzip?: Uint8Array;
  readonly contentType: string;
  readonly etag: string;
  /** Vite puts a hash of the content into the names under `assets/`. */
  readonly immutable: boolean;
};

/** The console by path (`/index.html`). Held in memory: 2 MB, and no path of a request ever reaches the file system. */
export type Assets = ReadonlyMap<string, Asset>;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
  ".json": "application/json",
};
const COMPRESSED = new Set([".html", ".js", ".css", ".svg", ".txt", ".json"]);

/** Reads a built console; empty when it has not been built. */
export async function readAssets(folder: string): Promise<Assets> {
  const names = await filesOf(folder);
  const shipped = names.filter((name) => Object.hasOwn(TYPES, extname(name)));
  const entries = await Promise.all(
    shipped.map(async (name) => [`/${relative(folder, name).split(sep).join("/")}`, await readAsset(name)] as const),
  );
  return new Map(entries);
}

async function filesOf(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (asNodeError(error)?.code === "ENOENT") return [];
    throw error;
  }
}

async function readAsset(file: string): Promise<Asset> {
  const bytes = new Uint8Array(await readFile(file));
  const extension = extname(file);
  return {
    bytes,
    ...(COMPRESSED.has(extension) && { gzip: new Uint8Array(gzipSync(bytes, { level: 9 })) }),
    contentType: TYPES[extension] ?? "application/octet-stream",
    etag: `"${toBase64Url(sha256(bytes)).slice(0, 22)}"`,
    immutable: file.includes(`${sep}assets${sep}`),
  };
}

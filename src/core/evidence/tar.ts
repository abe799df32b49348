import { concatBytes, sameBytes } from "../bytes/bytes.ts";
import { parseUtf8, toUtf8 } from "../bytes/utf8.ts";
import { bug } from "../bug.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";

/** A file in an archive. */
export type TarFile = { readonly path: string; readonly bytes: Uint8Array };

/** An archive: files by path, and the one time that they all bear, in seconds since 1970. */
export type Tar = { readonly files: readonly TarFile[]; readonly mtimeSeconds: number };

export type TarCode = "too-large" | "tar-syntax" | "tar-not-canonical";

/** Audit chapter §2.1. */
export const TAR_BYTES_MAX = 2_147_483_648;
export const TAR_FILES_MAX = 100_000;
/** What is held in memory whole. */
export const TAR_FILE_BYTES_MAX = 67_108_864;

const BLOCK = 512;
/** `magic` and `version` of a header (POSIX.1-1988, ustar). */
const MAGIC = "ustar\u{0}00";
const MAGIC_AT = 257;
const NAME_BYTES_MAX = 100;
const PREFIX_BYTES_MAX = 155;
const PATH = /^[A-Za-z0-9._%-]+(?:\/[A-Za-z0-9._%-]+)*$/;
const MTIME_MAX = 0o77777777777;

/** True for a path that an archive of ours may hold: plain characters, no way out of the folder, short enough to be split. */
export function isTarPath(path: string): boolean {
  return (
    PATH.test(path) && !path.split("/").some((part) => part === "." || part === "..") && splitPath(path) !== undefined
  );
}

/**
 * Renders an archive (POSIX ustar) as a pure function of its files: sorted by path, regular, mode 0644, no owners, one time
 * for all, two zero blocks and nothing behind them (audit chapter §2.1).
 */
export function renderTar({ files, mtimeSeconds }: Tar): Uint8Array {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const parts = sorted.flatMap(({ path, bytes }) => [
    renderHeader(path, bytes.length, mtimeSeconds),
    bytes,
    new Uint8Array((BLOCK - (bytes.length % BLOCK)) % BLOCK),
  ]);
  return concatBytes([...parts, new Uint8Array(2 * BLOCK)]);
}

function renderHeader(path: string, size: number, mtimeSeconds: number): Uint8Array {
  const [prefix, name] = splitPath(path) ?? bug(`a path that does not fit an archive: ${path}`);
  const header = new Uint8Array(BLOCK);
  const put = (offset: number, text: string): void => header.set(toUtf8(text), offset);
  put(0, name);
  put(100, "0000644\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  put(124, `${octal(size, 11)}\0`);
  put(136, `${octal(mtimeSeconds, 11)}\0`);
  put(148, " ".repeat(8));
  put(156, "0");
  put(MAGIC_AT, MAGIC);
  put(345, prefix);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)}\0 `);
  return header;
}

/** At the last slash that leaves a name of at most 100 bytes; `undefined` when there is none. */
function splitPath(path: string): readonly [prefix: string, name: string] | undefined {
  if (path.length <= NAME_BYTES_MAX) return ["", path];
  const slash = path.indexOf("/", path.length - NAME_BYTES_MAX - 1);
  return slash > 0 && slash <= PREFIX_BYTES_MAX ? [path.slice(0, slash), path.slice(slash + 1)] : undefined;
}

function octal(value: number, digits: number): string {
  return Math.floor(value).toString(8).padStart(digits, "0");
}

/** Whether it begins as a tar does: with the magic of a POSIX header. Says nothing of what follows. */
export function isTar(bytes: Uint8Array): boolean {
  return sameBytes(bytes.subarray(MAGIC_AT, MAGIC_AT + MAGIC.length), toUtf8(MAGIC));
}

/**
 * Reads an archive that `renderTar` wrote, and no other: what is read is rendered again and must give the same bytes, so
 * that nothing in a header or between files can be changed unnoticed. It writes nothing anywhere.
 */
export function readTar(bytes: Uint8Array): Parsed<Tar, TarCode> {
  if (bytes.length > TAR_BYTES_MAX) return malformed("too-large", `an archive of ${bytes.length} bytes`);
  const files: TarFile[] = [];
  let mtimeSeconds = 0;
  let at = 0;
  while (at + BLOCK <= bytes.length && bytes[at] !== 0) {
    const header = readHeader(bytes.subarray(at, at + BLOCK));
    if (!header) return malformed("tar-syntax", `the header at byte ${at}`);
    const start = at + BLOCK;
    if (header.size > TAR_FILE_BYTES_MAX || files.length === TAR_FILES_MAX) {
      return malformed("too-large", `${header.path}: file ${files.length + 1}, ${header.size} bytes`);
    }
    if (start + header.size > bytes.length) return malformed("tar-syntax", `${header.path} is cut short`);
    files.push({ path: header.path, bytes: bytes.subarray(start, start + header.size) });
    mtimeSeconds = header.mtimeSeconds;
    at = start + Math.ceil(header.size / BLOCK) * BLOCK;
  }
  const tar = { files, mtimeSeconds };
  const twice = files.find(({ path }, i) => files[i + 1]?.path === path);
  if (files.length === 0 || twice) return malformed("tar-syntax", twice ? `${twice.path} is there twice` : "no files");
  return sameBytes(renderTar(tar), bytes)
    ? parsed(tar)
    : malformed("tar-not-canonical", "the archive is not written as this program writes archives");
}

function readHeader(
  header: Uint8Array,
): { readonly path: string; readonly size: number; readonly mtimeSeconds: number } | undefined {
  const name = readText(header, 0, NAME_BYTES_MAX);
  const prefix = readText(header, 345, PREFIX_BYTES_MAX);
  const size = readOctal(header, 124);
  const mtimeSeconds = readOctal(header, 136);
  if (name === undefined || prefix === undefined || size === undefined || mtimeSeconds === undefined) return undefined;
  const path = prefix === "" ? name : `${prefix}/${name}`;
  return isTarPath(path) && mtimeSeconds <= MTIME_MAX ? { path, size, mtimeSeconds } : undefined;
}

function readText(header: Uint8Array, offset: number, length: number): string | undefined {
  const field = header.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return parseUtf8(end < 0 ? field : field.subarray(0, end));
}

/** Eleven octal digits and NUL. */
function readOctal(header: Uint8Array, offset: number): number | undefined {
  const text = parseUtf8(header.subarray(offset, offset + 12));
  return text !== undefined && /^[0-7]{11}\0$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

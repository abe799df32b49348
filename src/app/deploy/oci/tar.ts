/** A file of an image's layer. Directories come by themselves; a link has a target instead of content. */
export type TarFile = { path: string; mode: number; content: Uint8Array } | { path: string; target: string };

const BLOCK = 512;

/** An uncompressed tar archive (POSIX ustar) of these files: sorted, owned by root, without a time, so always the same bytes. */
export function renderTar(files: readonly TarFile[]): Uint8Array {
  const folders = new Set(files.flatMap(({ path }) => foldersOf(path)));
  const entries: readonly (TarFile | { path: string })[] = [...[...folders].map((path) => ({ path })), ...files];
  const sorted = entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const blocks = sorted.flatMap((entry) => {
    const content = "content" in entry ? entry.content : new Uint8Array(0);
    return [headerOf(entry, content.length), content, new Uint8Array((BLOCK - (content.length % BLOCK)) % BLOCK)];
  });
  return Buffer.concat([...blocks, new Uint8Array(2 * BLOCK)]);
}

function foldersOf(path: string): readonly string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, i) => `${parts.slice(0, i + 1).join("/")}/`);
}

const FOLDER_MODE = 0o755;
const LINK_MODE = 0o777;

function headerOf(entry: TarFile | { path: string }, size: number): Uint8Array {
  const header = Buffer.alloc(BLOCK);
  const target = "target" in entry ? entry.target : "";
  if (entry.path.length > 100 || target.length > 100) throw new Error(`${entry.path}: too long a name for this tar`);
  const [type, mode] =
    "content" in entry ? ["0", entry.mode] : "target" in entry ? ["2", LINK_MODE] : ["5", FOLDER_MODE];
  header.write(entry.path, 0);
  writeOctal(header, mode, 100, 8);
  writeOctal(header, 0, 108, 8);
  writeOctal(header, 0, 116, 8);
  writeOctal(header, size, 124, 12);
  writeOctal(header, 0, 136, 12);
  header.write("        ", 148);
  header.write(type, 156);
  header.write(target, 157);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

function writeOctal(header: Buffer, value: number, at: number, width: number): void {
  header.write(`${value.toString(8).padStart(width - 1, "0")}\0`, at);
}

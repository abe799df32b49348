import { toHex } from "../bytes/hex.ts";
import { parseUtf8, toUtf8 } from "../bytes/utf8.ts";
import { sha256 } from "../digest.ts";
import { isCanonicalJson, renderCanonicalJson } from "../json/canonical.ts";
import { shapeOf, startReading, toArray, toCount, toFullText, toObject, toText, type Reading } from "../json/fields.ts";
import type { JsonValue } from "../json/json.ts";
import { readJson } from "../json/read-json.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { parseRfc3339, renderRfc3339, type UnixMs } from "../time.ts";
import type { Tar, TarFile } from "./tar.ts";

export const MANIFEST = "MANIFEST.json";
/** Its hash beside it, so that no byte of the manifest itself can change alone. */
export const MANIFEST_SHA256 = "MANIFEST.sha256";

/** What an evidence file is about, beside the list of its members. */
export type ManifestHead = {
  /** Named as people and URLs name it: `log/index`, or the log alone where it contradicted itself. */
  readonly scope: string;
  /** When it was made; every time of the archive is this one. */
  readonly asOf: UnixMs;
  readonly product: { readonly name: string; readonly version: string };
  /** Sentences: what the file does not show. */
  readonly notCovered: readonly string[];
};

export type ManifestCode =
  | "manifest-missing"
  | "manifest-syntax"
  | "manifest-digest"
  | "member-missing"
  | "member-unlisted"
  | "member-digest";

const MANIFEST_BYTES_MAX = 33_554_432;

/** Adds the manifest, which lists every file, and its hash. */
export function sealFiles(files: readonly TarFile[], head: ManifestHead): Tar {
  const listed = files
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, bytes }) => ({ path, size: bytes.length, sha256: toHex(sha256(bytes)) }));
  const manifest = toUtf8(
    renderCanonicalJson({
      v: 1,
      scope: head.scope,
      asOf: renderRfc3339(head.asOf),
      product: { name: head.product.name, version: head.product.version },
      files: listed,
      counts: { files: files.length },
      notCovered: head.notCovered,
    }),
  );
  const digest = toUtf8(`${toHex(sha256(manifest))}  ${MANIFEST}\n`);
  return {
    files: [...files, { path: MANIFEST, bytes: manifest }, { path: MANIFEST_SHA256, bytes: digest }],
    mtimeSeconds: secondsOf(head.asOf),
  };
}

function secondsOf(at: UnixMs): number {
  return Math.max(0, Math.floor(at / 1000));
}

/**
 * Judges that an archive is what its manifest says: no member missing, none that is not listed, each with its size and
 * hash, and the one time. Whoever has the file can make another; this finds what was changed in one.
 */
export function judgeManifest(tar: Tar): Parsed<ManifestHead, ManifestCode> {
  const members = new Map(tar.files.map(({ path, bytes }) => [path, bytes]));
  const manifest = members.get(MANIFEST);
  const digest = members.get(MANIFEST_SHA256);
  if (!manifest || !digest) return malformed("manifest-missing", `no ${manifest ? MANIFEST_SHA256 : MANIFEST}`);
  if (parseUtf8(digest) !== `${toHex(sha256(manifest))}  ${MANIFEST}\n`) {
    return malformed("manifest-digest", `${MANIFEST} is not the one that ${MANIFEST_SHA256} is of`);
  }
  const read = readManifest(manifest);
  if (!read) return malformed("manifest-syntax", `${MANIFEST} is not a manifest in canonical JSON`);
  if (secondsOf(read.head.asOf) !== tar.mtimeSeconds)
    return malformed("manifest-digest", "the archive has another time");
  return judgeMembers(members, read.files) ?? parsed(read.head);
}

type Listed = { readonly path: string; readonly size: number; readonly sha256: string };

function judgeMembers(
  members: ReadonlyMap<string, Uint8Array>,
  listed: readonly Listed[],
): Parsed<never, ManifestCode> | undefined {
  const paths = new Set(listed.map(({ path }) => path));
  const stranger = [...members.keys()].find(
    (path) => path !== MANIFEST && path !== MANIFEST_SHA256 && !paths.has(path),
  );
  if (stranger !== undefined) return malformed("member-unlisted", `${stranger} is not listed`);
  for (const { path, size, sha256: expected } of listed) {
    const bytes = members.get(path);
    if (!bytes) return malformed("member-missing", `${path} is listed and not there`);
    if (bytes.length !== size || toHex(sha256(bytes)) !== expected) {
      return malformed("member-digest", `${path} has other bytes than the manifest says`);
    }
  }
  return paths.size === listed.length ? undefined : malformed("manifest-syntax", "a file is listed twice");
}

type Manifest = { readonly head: ManifestHead; readonly files: readonly Listed[] };

const SHAPES = {
  manifest: shapeOf("the manifest", ["v", "scope", "asOf", "product", "files", "counts", "notCovered"]),
  product: shapeOf("product", ["name", "version"]),
  file: shapeOf("a file", ["path", "size", "sha256"]),
  counts: shapeOf("counts", ["files"]),
};

function readManifest(bytes: Uint8Array): Manifest | undefined {
  const json = readJson(bytes, { bytesMax: MANIFEST_BYTES_MAX, depthMax: 4 });
  if (!json.ok || !isCanonicalJson(json.value, parseUtf8(bytes) ?? "")) return undefined;
  const reading = startReading();
  const manifest = toObject(reading, json.value, SHAPES.manifest);
  const product = toObject(reading, manifest["product"], SHAPES.product);
  const files = toArray(reading, manifest["files"], "files").map((file) => toListed(reading, file));
  const counted = toCount(reading, toObject(reading, manifest["counts"], SHAPES.counts)["files"], "counts.files");
  const asOf = parseRfc3339(toFullText(reading, manifest["asOf"], "asOf"));
  const head = {
    scope: toFullText(reading, manifest["scope"], "scope"),
    product: {
      name: toFullText(reading, product["name"], "name"),
      version: toText(reading, product["version"], "version"),
    },
    notCovered: toArray(reading, manifest["notCovered"], "notCovered").map((one) => toText(reading, one, "notCovered")),
  };
  const isOurs = manifest["v"] === 1 && counted === files.length && reading.conclude(head).ok;
  return isOurs && asOf !== undefined ? { head: { ...head, asOf }, files } : undefined;
}

function toListed(reading: Reading, value: JsonValue): Listed {
  const file = toObject(reading, value, SHAPES.file);
  return {
    path: toFullText(reading, file["path"], "path"),
    size: toCount(reading, file["size"], "size"),
    sha256: toFullText(reading, file["sha256"], "sha256"),
  };
}

import { parseBase64, toBase64 } from "../../../core/bytes/base64.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { parseSha256, type Sha256 } from "../../../core/digest.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../../core/json/json.ts";
import { readJson } from "../../../core/json/read-json.ts";
import { parseTreeSize, type TreeSize } from "../../../core/merkle/tree.ts";

/**
 * What the log is about to sign, on disk before the signature is made: after a crash the same root is signed for this
 * size, or none.
 */
export type LogState = {
  readonly size: TreeSize;
  readonly root: Sha256;
  /** Partial files of the right edge, which go when their full one exists. */
  readonly partials: Partials;
};

/** The widths that were written, by the path of the full file. */
export type Partials = Readonly<Record<string, readonly number[]>>;

const STATE_BYTES_MAX = 1_048_576;

export function renderState(state: LogState): Uint8Array {
  return toUtf8(JSON.stringify({ size: state.size, root: toBase64(state.root), partials: state.partials }));
}

/** `undefined` when the file is not one of ours. */
export function parseState(bytes: Uint8Array): LogState | undefined {
  const json = readJson(bytes, { bytesMax: STATE_BYTES_MAX, depthMax: 3 });
  if (!json.ok || !isJsonObject(json.value)) return undefined;
  const { size: sizeJson, root: rootJson, partials: partialsJson } = json.value;
  const size = typeof sizeJson === "number" ? parseTreeSize(sizeJson) : undefined;
  const root = typeof rootJson === "string" ? parseSha256(parseBase64(rootJson) ?? new Uint8Array(0)) : undefined;
  const partials = toPartials(partialsJson);
  return size === undefined || !root || !partials ? undefined : { size, root, partials };
}

function toPartials(value: JsonValue | undefined): Partials | undefined {
  if (!isJsonObject(value)) return undefined;
  const partials: Record<string, readonly number[]> = {};
  for (const [path, widths] of Object.entries(value)) {
    if (!isJsonArray(widths) || !widths.every((width) => typeof width === "number")) return undefined;
    partials[path] = widths;
  }
  return partials;
}

/** The partials after a batch, and the paths that are now superseded. */
export function nextPartials(
  partials: Partials,
  files: readonly { readonly path: string; readonly full: boolean }[],
): { readonly partials: Partials; readonly superseded: readonly string[] } {
  const next: Record<string, readonly number[]> = { ...partials };
  const superseded: string[] = [];
  for (const { path, full } of files) {
    if (full) {
      superseded.push(...(next[path] ?? []).map((width) => `${path}.p/${width}`));
      delete next[path];
      continue;
    }
    const [base = "", width = ""] = path.split(".p/");
    next[base] = [...(next[base] ?? []).filter((known) => known !== Number(width)), Number(width)];
  }
  return { partials: next, superseded };
}

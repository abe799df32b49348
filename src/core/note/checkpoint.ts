import { parseBase64, toBase64 } from "../bytes/base64.ts";
import { parseSha256, type Sha256 } from "../digest.ts";
import { parseTreeSize, type TreeSize } from "../merkle/tree.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";

/** What a log says of its tree at one moment (C2SP tlog-checkpoint). */
export type Checkpoint = {
  /** Names the log. Rekor v1: `<host> - <tree id>`; v2: the bare host name. */
  readonly origin: string;
  readonly size: TreeSize;
  readonly root: Sha256;
  /** Further lines, none empty. */
  readonly extensions: readonly string[];
};

const SIZE = /^(?:0|[1-9][0-9]{0,18})$/;
const REKOR1_ORIGIN = /^(.+) - (0|[1-9][0-9]*)$/;
const FROZEN = "Log frozen \u2014 ";

/**
 * Reads the text of a note as a checkpoint.
 * Sizes above 2^53-1 are refused although C2SP allows 2^63-1: no log comes near, and a number that cannot be counted in must not be compared.
 */
export function parseCheckpoint(text: string): Parsed<Checkpoint, "checkpoint-syntax"> {
  if (!text.endsWith("\n")) return malformed("checkpoint-syntax", "the text does not end in a newline");
  const [origin = "", sizeText = "", rootText = "", ...extensions] = text.slice(0, -1).split("\n");
  if (origin === "") return malformed("checkpoint-syntax", "line 1, the origin, is empty");
  const size = SIZE.test(sizeText) ? parseTreeSize(Number(sizeText)) : undefined;
  if (size === undefined) return malformed("checkpoint-syntax", "line 2 is not a tree size");
  const root = parseSha256(parseBase64(rootText) ?? new Uint8Array(0));
  if (!root) return malformed("checkpoint-syntax", "line 3 is not the base64 of 32 bytes");
  if (extensions.includes("")) return malformed("checkpoint-syntax", "an extension line is empty");
  return parsed({ origin, size, root, extensions });
}

/** Renders the text that is signed. */
export function renderCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root, extensions } = checkpoint;
  return [origin, String(size), toBase64(root), ...extensions].map((line) => `${line}\n`).join("");
}

/** The host and the tree id of a Rekor v1 origin; `undefined` for every other log. */
export function parseRekor1Origin(
  origin: string,
): { readonly host: string; /** Decimal. */ readonly treeId: string } | undefined {
  const [, host, treeId] = REKOR1_ORIGIN.exec(origin) ?? [];
  return host === undefined || treeId === undefined ? undefined : { host, treeId };
}

/** True when the log's operator declared the tree finished (rekor-tiles, `cmd/freeze-checkpoint`). */
export function isFrozen(checkpoint: Pick<Checkpoint, "extensions">): boolean {
  return checkpoint.extensions.some((line) => line.startsWith(FROZEN));
}

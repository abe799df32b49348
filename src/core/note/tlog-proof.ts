import { parseBase64, toBase64 } from "../bytes/base64.ts";
import { parseUtf8 } from "../bytes/utf8.ts";
import { parseSha256, type Sha256 } from "../digest.ts";
import { parseLeafIndex, type LeafIndex } from "../merkle/tree.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { NOTE_BYTES_MAX } from "./note.ts";

/** A proof of inclusion that stands alone in a file (C2SP tlog-proof). */
export type TlogProof = {
  /** Ours: the canonical body of the entry. */
  readonly extra?: Uint8Array;
  readonly index: LeafIndex;
  /** Sibling hashes from the leaf upwards. */
  readonly path: readonly Sha256[];
  /** The signed note, as served. */
  readonly checkpoint: string;
};

const HEADER = "c2sp.org/tlog-proof@v1";
const EXTRA = "extra ";
const EXTRA_BYTES_MAX = 65_536;
const PATH_HASHES_MAX = 63;
const PROOF_BYTES_MAX = 2 * EXTRA_BYTES_MAX + NOTE_BYTES_MAX;
const INDEX = /^index (0|[1-9][0-9]{0,15})$/;

export type TlogProofCode = "too-large" | "tlog-proof-syntax";

/** Reads a `.tlog-proof` file; proves nothing by itself. */
export function parseTlogProof(bytes: Uint8Array): Parsed<TlogProof, TlogProofCode> {
  if (bytes.length > PROOF_BYTES_MAX) return malformed("too-large", `a proof of ${bytes.length} bytes`);
  const text = parseUtf8(bytes);
  const divide = text?.indexOf("\n\n") ?? -1;
  if (text === undefined || divide < 0) return malformed("tlog-proof-syntax", "no empty line before the checkpoint");
  const [header, first = "", ...lines] = text.slice(0, divide).split("\n");
  if (header !== HEADER) return malformed("tlog-proof-syntax", `line 1 is not ${HEADER}`);

  const checkpoint = text.slice(divide + 2);
  if (!first.startsWith(EXTRA)) return parseBody([first, ...lines], checkpoint);
  const extra = parseBase64(first.slice(EXTRA.length));
  if (!extra) return malformed("tlog-proof-syntax", "extra is not base64");
  if (extra.length > EXTRA_BYTES_MAX) return malformed("too-large", `extra of ${extra.length} bytes`);
  const body = parseBody(lines, checkpoint);
  return body.ok ? parsed({ ...body.value, extra }) : body;
}

function parseBody(lines: readonly string[], checkpoint: string): Parsed<TlogProof, "tlog-proof-syntax"> {
  const [indexLine = "", ...hashLines] = lines;
  const index = parseLeafIndex(Number(INDEX.exec(indexLine)?.[1]));
  if (index === undefined) return malformed("tlog-proof-syntax", "there is no index line");
  if (hashLines.length > PATH_HASHES_MAX) return malformed("tlog-proof-syntax", `a path of ${hashLines.length} hashes`);
  const path = parsePath(hashLines);
  if (!path) return malformed("tlog-proof-syntax", "a line of the path is not the base64 of 32 bytes");
  return parsed({ index, path, checkpoint });
}

function parsePath(lines: readonly string[]): readonly Sha256[] | undefined {
  const path: Sha256[] = [];
  for (const line of lines) {
    const hash = parseSha256(parseBase64(line) ?? new Uint8Array(0));
    if (!hash) return undefined;
    path.push(hash);
  }
  return path;
}

export function renderTlogProof(proof: TlogProof): string {
  const extra = proof.extra ? [`extra ${toBase64(proof.extra)}`] : [];
  const lines = [HEADER, ...extra, `index ${proof.index}`, ...proof.path.map(toBase64)];
  return `${lines.join("\n")}\n\n${proof.checkpoint}`;
}

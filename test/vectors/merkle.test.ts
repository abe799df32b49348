import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseBase64 } from "../../src/core/bytes/base64.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { parseSha256, sha256, type Sha256 } from "../../src/core/digest.ts";
import { judgeConsistency } from "../../src/core/merkle/consistency.ts";
import { judgeInclusion } from "../../src/core/merkle/inclusion.ts";
import { parseLeafIndex, parseTreeSize } from "../../src/core/merkle/tree.ts";

const MERKLE = join(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "log/merkle");

type InclusionVector = {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
};
type ConsistencyVector = {
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
};

describe.skipIf(!existsSync(MERKLE))("transparency-dev/merkle vectors", () => {
  test.each(files("inclusion"))("%s", (file) => {
    const vector = JSON.parse(readFileSync(join(MERKLE, file), "utf8")) as InclusionVector;
    expect(accepts(vector)).toBe(!vector.wantErr);
  });

  test.each(files("consistency"))("%s", (file) => {
    const vector = JSON.parse(readFileSync(join(MERKLE, file), "utf8")) as ConsistencyVector;
    expect(leads(vector)).toBe(!vector.wantErr);
  });

  test("there are 196 of them", () => {
    expect(files("inclusion").length + files("consistency").length).toBe(196);
  });
});

function accepts(vector: InclusionVector): boolean {
  const [index, size] = [parseLeafIndex(vector.leafIdx), parseTreeSize(vector.treeSize)];
  const [leaf, root] = [strictHashOf(vector.leafHash), strictHashOf(vector.root)];
  if (index === undefined || size === undefined || !leaf || !root) return false;
  return judgeInclusion({ leaf, index, size, root, path: pathOf(vector.proof) }).kind === "pass";
}

function leads(vector: ConsistencyVector): boolean {
  const [from, to] = [parseTreeSize(vector.size1), parseTreeSize(vector.size2)];
  if (from === undefined || to === undefined) return false;
  const roots = { fromRoot: hashOf(vector.root1), toRoot: hashOf(vector.root2) };
  return judgeConsistency({ from, to, ...roots, path: pathOf(vector.proof) }).kind === "pass";
}

function pathOf(proof: readonly string[] | null): readonly Sha256[] {
  return (proof ?? []).map(hashOf);
}

/** Some roots of consistency proofs are words, to be compared and no more; their digests serve as well. */
function hashOf(text: string): Sha256 {
  return strictHashOf(text) ?? sha256(toUtf8(text));
}

function strictHashOf(text: string): Sha256 | undefined {
  return parseSha256(parseBase64(text) ?? new Uint8Array());
}

function files(folder: string): readonly string[] {
  return globSync(`${folder}/**/*.json`, { cwd: MERKLE });
}

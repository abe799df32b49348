import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bug } from "../../src/core/bug.ts";
import { concatBytes } from "../../src/core/bytes/bytes.ts";
import { sameDigest } from "../../src/core/digest.ts";
import { judgeConsistency } from "../../src/core/merkle/consistency.ts";
import { frontierRoot } from "../../src/core/merkle/frontier.ts";
import { judgeInclusion } from "../../src/core/merkle/inclusion.ts";
import { consistencyPath, inclusionPath, rangeRoot, type NodeAt } from "../../src/core/merkle/proofs.ts";
import { EMPTY_LOG, sequence } from "../../src/core/merkle/sequencer.ts";
import { bundlePath, frontierOfEdge, parseEntryBundle, parseTile, tilePath } from "../../src/core/merkle/tiles.ts";
import { leafHash, nodeHash, type LeafIndex } from "../../src/core/merkle/tree.ts";
import { judgeCheckpoint } from "../../src/core/note/judge-checkpoint.ts";
import { ed25519Check } from "../../src/core/note/log-key.ts";
import { parseNote } from "../../src/core/note/note.ts";
import { parseVkey } from "../../src/core/note/vkey.ts";

const LOG = join(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "log");
const SIZES = Array.from({ length: 16 }, (_, size) => size);

describe.skipIf(!existsSync(LOG))("the golden log of tessera", () => {
  const checkpoints = existsSync(LOG) ? SIZES.map(checkpointAt) : [];
  const entries = existsSync(LOG) ? entriesOf(15) : [];
  const leaves = entries.map(leafHash);
  const nodeAt: NodeAt = (level, index) =>
    level === 0
      ? (leaves[index] ?? bug("beyond the log"))
      : nodeHash(nodeAt(level - 1, 2 * index), nodeAt(level - 1, 2 * index + 1));

  test.each(SIZES)("checkpoint %d is signed, and its tiles and bundle give its root", (size) => {
    const checkpoint = checkpoints[size] ?? bug("no checkpoint");
    expect(checkpoint.size).toBe(size);
    const frontier = frontierOfEdge(checkpoint.size, (tile) => parseTile(read(tilePath(tile)), tile.width));
    expect(frontier && sameDigest(frontierRoot(frontier), checkpoint.root)).toBe(true);
    expect(entriesOf(size)).toEqual(entries.slice(0, size));
  });

  test("every pair of checkpoints is consistent, and no other pair of roots", () => {
    let pairs = 0;
    for (const from of checkpoints.slice(1)) {
      for (const to of checkpoints.slice(from.size)) {
        const path = consistencyPath(from.size, to.size, nodeAt);
        const proof = { from: from.size, to: to.size, fromRoot: from.root, toRoot: to.root, path };
        expect(judgeConsistency(proof)).toEqual({ kind: "pass" });
        expect(judgeConsistency({ ...proof, fromRoot: leafHash(from.root) }).kind).toBe("fail");
        pairs++;
      }
    }
    expect(pairs).toBe(120);
  });

  test("every leaf is included in every later checkpoint", () => {
    for (const { size, root } of checkpoints) {
      for (const [i, leaf] of leaves.slice(0, size).entries()) {
        const path = inclusionPath(i as LeafIndex, size, nodeAt);
        expect(judgeInclusion({ leaf, index: i as LeafIndex, size, root, path })).toEqual({ kind: "pass" });
      }
    }
  });

  test("our sequencer writes the same files", () => {
    let state = EMPTY_LOG;
    for (const [i, entry] of entries.entries()) {
      const next = sequence(state, [entry]);
      for (const { path, bytes } of next.files) expect(bytes).toEqual(read(path));
      expect(sameDigest(next.root, checkpoints[i + 1]?.root ?? bug("no checkpoint"))).toBe(true);
      state = next.state;
    }
    expect(rangeRoot(0, 15, nodeAt)).toEqual(checkpoints[15]?.root);
  });
});

function entriesOf(size: number): readonly Uint8Array[] {
  if (size === 0) return [];
  return parseEntryBundle(read(bundlePath(0, size)), size) ?? bug("a malformed bundle");
}

function checkpointAt(size: number) {
  // The vkey stands in ORIGIN.md, in back quotes.
  const [, line = ""] = /`(example\.com\/log\/testdata\+\S+)`/.exec(readFileSync(join(LOG, "ORIGIN.md"), "utf8")) ?? [];
  const vkey = parseVkey(line);
  if (!vkey.ok) return bug(vkey.detail);
  const { name, keyId, key } = vkey.value;
  const verifies = ed25519Check(key) ?? bug("not a key");
  const note = parseNote(read(`checkpoint.${size}`));
  const judged = judgeCheckpoint(note.ok ? note.value : bug(note.detail), [{ host: name, keyId, verifies }]);
  return judged.ok ? judged.value : bug(judged.detail);
}

function read(path: string): Uint8Array {
  return concatBytes([readFileSync(join(LOG, "tessera", path))]);
}

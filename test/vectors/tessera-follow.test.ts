import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { virtualEventStore } from "../../src/adapters/virtual/event-store.ts";
import { followStep } from "../../src/capabilities/follow/follow-step.ts";
import type { FollowedLog } from "../../src/capabilities/follow/followed-log.ts";
import { bug } from "../../src/core/bug.ts";
import { leafJudge } from "../../src/core/entry/leaf-judge.ts";
import { bundlePath, tilePath } from "../../src/core/merkle/tiles.ts";
import { ed25519Check } from "../../src/core/note/log-key.ts";
import { parseVkey } from "../../src/core/note/vkey.ts";
import type { UnixMs } from "../../src/core/time.ts";

const TESSERA = join(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "log/tessera");
const VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
const SIZES = Array.from({ length: 16 }, (_, size) => size);

const read = async (path: string): Promise<Uint8Array> => new Uint8Array(readFileSync(join(TESSERA, path)));

/** The golden log of another implementation, served as it was at one size after another. */
function logAt(size: () => number): FollowedLog {
  const vkey = parseVkey(VKEY);
  if (!vkey.ok) return bug(vkey.detail);
  const { name, keyId, key } = vkey.value;
  return {
    name: "tessera",
    reader: {
      type: "tiles",
      checkpoint: () => read(`checkpoint.${size()}`),
      tile: (level, index, width) => read(tilePath({ level, index, width })),
      bundle: (index, width) => read(bundlePath(index, width)),
    },
    keys: [{ host: name, keyId, verifies: ed25519Check(key) ?? bug("no Ed25519 key") }],
    judgeLeaf: leafJudge([]),
    start: "beginning",
  };
}

describe.skipIf(!existsSync(TESSERA))("a log of another implementation", () => {
  test.each(SIZES)("is followed from size %i to every other, and read whole", async (from) => {
    for (const to of SIZES) {
      let size = from;
      const store = virtualEventStore();
      const step = followStep({ store, clock: { now: () => 0 as UnixMs, sleep: async () => undefined } });
      const log = logAt(() => size);
      // oxlint-disable no-await-in-loop -- one step after the other
      expect(await step(log, AbortSignal.timeout(10_000))).toMatchObject({ outcome: "current", indexedUpto: from });
      size = to;
      const reached = Math.max(from, to);
      expect(await step(log, AbortSignal.timeout(10_000))).toMatchObject({ outcome: "current", indexedUpto: reached });
      expect(await store.count()).toBe(reached);
      // oxlint-enable no-await-in-loop
    }
  });
});

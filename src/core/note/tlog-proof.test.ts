import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBase64 } from "../bytes/base64.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import type { Sha256 } from "../digest.ts";
import type { LeafIndex } from "../merkle/tree.ts";
import { parseTlogProof, renderTlogProof, type TlogProof } from "./tlog-proof.ts";

const HASH = toBase64(new Uint8Array(32));
const NOTE = "log\n1\nroot\n\n\u2014 log AAAAAAA=\n";
const TEXT = `c2sp.org/tlog-proof@v1\nextra e30=\nindex 5\n${HASH}\n\n${NOTE}`;

const anyProof: fc.Arbitrary<TlogProof> = fc.record(
  {
    extra: fc.uint8Array({ maxLength: 50 }),
    index: fc.nat({ max: Number.MAX_SAFE_INTEGER }).map((n) => n as LeafIndex),
    path: fc.array(
      fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes as Sha256),
      { maxLength: 63 },
    ),
    checkpoint: fc.constantFrom(NOTE, "x\n"),
  },
  { requiredKeys: ["index", "path", "checkpoint"] },
);

describe("parseTlogProof", () => {
  test("reads what renderTlogProof wrote", () => {
    fc.assert(
      fc.property(anyProof, (value) => {
        expect(parseTlogProof(toUtf8(renderTlogProof(value)))).toEqual({ ok: true, value });
      }),
    );
  });

  test.each([
    ["another header", TEXT.replace("v1", "v2"), "tlog-proof-syntax"],
    ["extra that is not base64", TEXT.replace("e30=", "e30"), "tlog-proof-syntax"],
    ["extra behind the index", TEXT.replace("extra e30=\nindex 5", "index 5\nextra e30="), "tlog-proof-syntax"],
    ["no index", TEXT.replace("index 5\n", ""), "tlog-proof-syntax"],
    ["a negative index", TEXT.replace("index 5", "index -5"), "tlog-proof-syntax"],
    ["a leading zero", TEXT.replace("index 5", "index 05"), "tlog-proof-syntax"],
    ["an index of 2^53", TEXT.replace("index 5", "index 9007199254740992"), "tlog-proof-syntax"],
    ["a short hash", TEXT.replace(HASH, toBase64(new Uint8Array(31))), "tlog-proof-syntax"],
    ["64 hashes", TEXT.replace(HASH, `${HASH}\n`.repeat(64).trimEnd()), "tlog-proof-syntax"],
    ["no checkpoint", TEXT.slice(0, TEXT.indexOf("\n\n")), "tlog-proof-syntax"],
    ["a large extra", TEXT.replace("e30=", toBase64(new Uint8Array(65_537))), "too-large"],
    ["a large file", `${TEXT}${" ".repeat(200_000)}`, "too-large"],
  ])("refuses %s", (_, text, code) => {
    expect(parseTlogProof(toUtf8(text))).toMatchObject({ ok: false, code });
  });
});

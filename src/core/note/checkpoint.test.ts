import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBase64 } from "../bytes/base64.ts";
import type { Sha256 } from "../digest.ts";
import type { TreeSize } from "../merkle/tree.ts";
import { isFrozen, parseCheckpoint, parseRekor1Origin, renderCheckpoint, type Checkpoint } from "./checkpoint.ts";

const ROOT = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

const anyCheckpoint: fc.Arbitrary<Checkpoint> = fc.record({
  origin: fc.stringMatching(/^[a-z .-]{1,20}$/),
  size: fc.nat({ max: Number.MAX_SAFE_INTEGER }).map((n) => n as TreeSize),
  root: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes as Sha256),
  extensions: fc.array(fc.stringMatching(/^[a-z ]{1,20}$/), { maxLength: 3 }),
});

describe("parseCheckpoint", () => {
  test("reads what renderCheckpoint wrote", () => {
    fc.assert(
      fc.property(anyCheckpoint, (value) => {
        expect(parseCheckpoint(renderCheckpoint(value))).toEqual({ ok: true, value });
      }),
    );
  });

  test.each([
    ["an empty origin", `\n1\n${ROOT}\n`],
    ["no origin", `1\n${ROOT}\n`],
    ["no size", `log\n${ROOT}\n`],
    ["no root", "log\n1\n"],
    ["a leading zero", `log\n01\n${ROOT}\n`],
    ["a plus sign", `log\n+1\n${ROOT}\n`],
    ["a negative size", `log\n-1\n${ROOT}\n`],
    ["a size in hexadecimal", `log\n0x1\n${ROOT}\n`],
    ["an exponent", `log\n1e3\n${ROOT}\n`],
    ["2^63", `log\n9223372036854775808\n${ROOT}\n`],
    ["2^53", `log\n9007199254740992\n${ROOT}\n`],
    ["2^53+1, which rounds down", `log\n9007199254740993\n${ROOT}\n`],
    ["a root of 31 bytes", `log\n1\n${toBase64(new Uint8Array(31))}\n`],
    ["a root without padding", `log\n1\n${ROOT.slice(0, -1)}\n`],
    ["an empty extension", `log\n1\n${ROOT}\n\nx\n`],
    ["an empty last extension", `log\n1\n${ROOT}\n\n`],
    ["no final newline", `log\n1\n${ROOT}`],
    ["nothing", ""],
  ])("refuses %s", (_, text) => {
    expect(parseCheckpoint(text)).toMatchObject({ ok: false, code: "checkpoint-syntax" });
  });

  test("accepts the size 0 and the largest", () => {
    expect(parseCheckpoint(`log\n0\n${ROOT}\n`)).toMatchObject({ ok: true, value: { size: 0 } });
    expect(parseCheckpoint(`log\n9007199254740991\n${ROOT}\n`)).toMatchObject({ ok: true });
  });

  test("tells a frozen log by its extension line", () => {
    const frozen = parseCheckpoint(`log\n1\n${ROOT}\nLog frozen \u2014 Mon Jun  1 00:00:00 UTC 2026\n`);
    const alive = parseCheckpoint(`log\n1\n${ROOT}\nNot Log frozen \u2014 at all\n`);
    expect(frozen.ok && isFrozen(frozen.value)).toBe(true);
    expect(alive.ok && isFrozen(alive.value)).toBe(false);
  });
});

describe("parseRekor1Origin", () => {
  test.each([
    ["rekor.example - 12", { host: "rekor.example", treeId: "12" }],
    ["pod - 1 - 2", { host: "pod - 1", treeId: "2" }],
    ["rekor.example", undefined],
    ["rekor.example - ", undefined],
    ["rekor.example - 1x", undefined],
    [" - 1", undefined],
    ["rekor.example -1", undefined],
  ])("reads %j", (origin, expected) => {
    expect(parseRekor1Origin(origin)).toEqual(expected);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseVkey, renderVkey, toVkey, type VkeyType } from "./vkey.ts";

const LENGTHS: readonly (readonly [VkeyType, number])[] = [
  ["ed25519", 32],
  ["cosignature-ed25519", 32],
  ["cosignature-ml-dsa-44", 1312],
  ["ecdsa", 91],
  ["rsa", 294],
];
const KEY = new Uint8Array(32).fill(7);
const LINE = renderVkey(toVkey("log.example", "ed25519", KEY));

describe("parseVkey", () => {
  test.each(LENGTHS)("reads a key of type %s", (type, length) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: length, maxLength: length }), (key) => {
        const value = toVkey("log.example/a", type, key);
        expect(parseVkey(renderVkey(value))).toEqual({ ok: true, value });
      }),
      { numRuns: 20 },
    );
  });

  test.each([
    ["another id", LINE.replace(/\+[0-9a-f]{8}\+/, "+00000000+")],
    ["another name", LINE.replace("log", "gol")],
    ["an id in upper case", LINE.replace(/\+[0-9a-f]{8}\+/, (id) => id.toUpperCase().replace(/[0-9]/, "A"))],
    ["an empty name", LINE.slice("log.example".length)],
    ["a short key", renderVkey(toVkey("log.example", "ed25519", KEY.slice(1)))],
    ["an unknown type", "log.example+00000000+CQ=="],
    ["no key", "log.example+00000000+"],
    ["no parts", "log.example"],
    ["a long line", `log.example+00000000+${"A".repeat(5000)}`],
  ])("refuses %s", (_, line) => {
    expect(parseVkey(line)).toMatchObject({ ok: false, code: "vkey" });
  });
});

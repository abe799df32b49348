import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseHex } from "../bytes/hex.ts";
import { bug } from "../bug.ts";
import {
  enter,
  finish,
  leave,
  more,
  nextTag,
  openDer,
  readAny,
  readContent,
  readElement,
  refuse,
  skip,
} from "./reader.ts";
import { TAG } from "./tag.ts";
import { element } from "./writer.ts";

const hex = (text: string): Uint8Array => parseHex(text.replaceAll(" ", "")) ?? bug(text);

/** A value of ASN.1 as the reader sees it: a tag with bytes, or with elements. */
type Tree = { readonly tag: number; readonly content: Uint8Array | readonly Tree[] };

const encode = ({ tag, content }: Tree): Uint8Array =>
  element(
    tag,
    content instanceof Uint8Array ? content : Uint8Array.from(content.flatMap((inner) => [...encode(inner)])),
  );

function readTree(r: ReturnType<typeof openDer>): Tree {
  const tag = nextTag(r);
  if ((tag & 0x20) === 0) return { tag, content: readContent(r, tag) };
  const content: Tree[] = [];
  const outer = enter(r, tag);
  while (more(r)) content.push(readTree(r));
  leave(r, outer);
  return { tag, content };
}

function parseTree(bytes: Uint8Array): ReturnType<typeof finish<Tree, never>> {
  const r = openDer(bytes);
  return finish(r, readTree(r));
}

const anyTree = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.record({ tag: fc.constantFrom(0x02, 0x04, 0x0c, 0x80), content: fc.uint8Array({ maxLength: 300 }) }),
    fc.record({ tag: fc.constantFrom(0x30, 0x31, 0xa3), content: fc.array(tie("tree"), { maxLength: 4 }) }),
  ),
})).tree;

describe("DerReader", () => {
  test("reads what was written", () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        expect(parseTree(encode(tree))).toEqual({ ok: true, value: tree });
      }),
    );
  });

  test("has one spelling for every value: what it reads, written again, is the same bytes", () => {
    fc.assert(
      fc.property(anyTree, fc.nat(), fc.integer({ min: 1, max: 255 }), (tree, at, change) => {
        const bytes = encode(tree);
        const position = at % bytes.length;
        bytes[position] = (bytes[position] ?? 0) ^ change;
        const read = parseTree(bytes);
        expect(read.ok ? encode(read.value) : bytes).toEqual(bytes);
      }),
    );
  });

  test("never throws, and never looks beyond its bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ minLength: 8, maxLength: 64 }), (bytes, beyond) => {
        const inside = Uint8Array.from([...bytes, ...beyond]).subarray(0, bytes.length);
        expect(parseTree(inside)).toEqual(parseTree(bytes));
      }),
    );
  });

  test.each([
    ["nothing", "", "der-truncated"],
    ["a tag alone", "30", "der-truncated"],
    ["content one byte short", "04 03 0102", "der-truncated"],
    ["a long length cut off", "04 82 01", "der-truncated"],
    ["content of a long length one byte short", `04 81 80 ${"00".repeat(127)}`, "der-truncated"],
    ["another tag", "05 00", "der-tag"],
    ["an indefinite length", "04 80 00 00", "der-indefinite"],
    ["a short length in the long form", "04 81 01 00", "der-length"],
    ["a leading zero in the length", `04 82 00 80 ${"00".repeat(128)}`, "der-length"],
    ["four octets of length", "04 84 00 00 00 01 00", "der-length"],
    ["the reserved length", "04 ff 00", "der-length"],
    ["a byte after the element", "04 01 00 00", "der-trailing"],
  ])("refuses %s", (_, bytes, code) => {
    const r = openDer(hex(bytes));
    expect(finish(r, readContent(r, TAG.octetString))).toMatchObject({ ok: false, code });
  });

  test("refuses tags of more than one byte", () => {
    const r = openDer(hex("1f 81 01 01 00"));
    readAny(r);
    expect(finish(r, undefined)).toMatchObject({ ok: false, code: "der-tag" });
  });

  test("refuses an element that reaches beyond the one it stands in", () => {
    const r = openDer(hex("30 03 04 02 00 00"));
    const outer = enter(r, TAG.sequence);
    readContent(r, TAG.octetString);
    leave(r, outer);
    expect(finish(r, undefined)).toMatchObject({ ok: false, code: "der-truncated" });
  });

  test("refuses what is left over in an element", () => {
    const r = openDer(hex("30 04 05 00 05 00"));
    const outer = enter(r, TAG.sequence);
    skip(r, TAG.null);
    leave(r, outer);
    expect(finish(r, undefined)).toMatchObject({ ok: false, code: "der-trailing", detail: "at byte 4" });
  });

  test("refuses what is left over where it would do as what follows", () => {
    const r = openDer(hex("30 06 30 04 05 00 05 00"));
    const outer = enter(r, TAG.sequence);
    const inner = enter(r, TAG.sequence);
    skip(r, TAG.null);
    leave(r, inner);
    skip(r, TAG.null);
    leave(r, outer);
    expect(finish(r, undefined)).toMatchObject({ ok: false, code: "der-trailing", detail: "at byte 6" });
  });

  test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536, 200_000])(
    "reads and skips %d bytes at the very end",
    (length) => {
      const bytes = element(TAG.octetString, new Uint8Array(length));
      const r = openDer(bytes);
      expect(finish(r, readContent(r, TAG.octetString).length)).toEqual({ ok: true, value: length });
      const skipping = openDer(bytes);
      skip(skipping, TAG.octetString);
      expect(finish(skipping, skipping.pos)).toEqual({ ok: true, value: bytes.length });
    },
  );

  test("follows twelve levels and refuses the thirteenth", () => {
    const nested = (levels: number): Tree =>
      levels === 0
        ? { tag: TAG.null, content: new Uint8Array(0) }
        : { tag: TAG.sequence, content: [nested(levels - 1)] };
    expect(parseTree(encode(nested(12)))).toMatchObject({ ok: true });
    expect(parseTree(encode(nested(13)))).toMatchObject({ ok: false, code: "der-depth" });
  });

  test("keeps the first failure, and gives nothing after it", () => {
    const r = openDer<"own">(hex("30 02 05 00"));
    const outer = enter(r, TAG.sequence);
    refuse(r, "own", "what it was");
    expect([more(r), nextTag(r), readContent(r, TAG.null).length, readElement(r, TAG.null).length]).toEqual([
      false,
      -1,
      0,
      0,
    ]);
    leave(r, outer);
    expect(finish(r, "value")).toEqual({ ok: false, code: "own", detail: "what it was, at byte 2" });
  });

  test("gives views of the bytes, not copies", () => {
    const bytes = hex("30 04 04 02 0102");
    const r = openDer(bytes);
    const outer = enter(r, TAG.sequence);
    const content = readContent(r, TAG.octetString);
    leave(r, outer);
    expect(content.buffer).toBe(bytes.buffer);
    expect(finish(r, [...content])).toEqual({ ok: true, value: [1, 2] });
  });
});

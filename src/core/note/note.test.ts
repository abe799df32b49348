import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toUtf8 } from "../bytes/utf8.ts";
import { isKeyName, NOTE_SIGNATURES_MAX, parseNote, renderNote, type Note } from "./note.ts";

const NOTE: Note = {
  text: "log.example\n3\nAAAA\n",
  signatures: [{ name: "log.example", keyId: 0xfe_dc_ba_98, signature: Uint8Array.of(1, 2, 3) }],
};
const TEXT = renderNote(NOTE);
const BYTES = toUtf8(TEXT).length;
const LINE = "\u2014 log.example /ty6mAECAw==\n";

const anyNote: fc.Arbitrary<Note> = fc.record({
  text: fc.stringMatching(/^(?:[a-z ]{0,9}\n){1,5}$/),
  signatures: fc
    .array(
      fc.record({
        name: fc
          .string({ minLength: 1, maxLength: 8, unit: "binary" })
          .filter((name) => isKeyName(name) && parses(name)),
        keyId: fc.nat({ max: 0xff_ff_ff_ff }),
        signature: fc.uint8Array({ minLength: 1, maxLength: 80 }),
      }),
      { minLength: 1, maxLength: 5 },
    )
    .map((lines) => lines as unknown as Note["signatures"]),
});

describe("parseNote", () => {
  test("reads what renderNote wrote", () => {
    fc.assert(
      fc.property(anyNote, (note) => {
        expect(parseNote(toUtf8(renderNote(note)))).toEqual({ ok: true, value: note });
      }),
    );
  });

  test("renders the form of the specification", () => {
    expect(TEXT).toBe(`log.example\n3\nAAAA\n\n${LINE}`);
  });

  test("divides at the last empty line", () => {
    const value = { ...NOTE, text: "a\n\nb\n" };
    expect(parseNote(toUtf8(renderNote(value)))).toEqual({ ok: true, value });
  });

  test.each([
    ["no empty line", TEXT.replace("\n\n", "\n"), "checkpoint-syntax"],
    ["no final newline", TEXT.slice(0, -1), "checkpoint-syntax"],
    ["a carriage return", TEXT.replaceAll("\n", "\r\n"), "checkpoint-syntax"],
    ["a tab", TEXT.replace("3", "\t3"), "checkpoint-syntax"],
    ["a NUL", TEXT.replace("3", "\u00003"), "checkpoint-syntax"],
    ["no signature", TEXT.replace(LINE, ""), "checkpoint-signatures"],
    ["no signature and one more newline", `${TEXT.replace(LINE, "")}\n`, "checkpoint-signatures"],
    ["a hyphen for the dash", TEXT.replace("\u2014", "-"), "checkpoint-signatures"],
    ["two spaces", TEXT.replace("\u2014 ", "\u2014  "), "checkpoint-signatures"],
    ["a trailing space", TEXT.replace("==\n", "== \n"), "checkpoint-signatures"],
    ["a name with +", TEXT.replace("\u2014 log", "\u2014 l+g"), "checkpoint-signatures"],
    ["a name with a line separator", TEXT.replace("\u2014 log", "\u2014 l\u2028g"), "checkpoint-signatures"],
    ["unpadded base64", TEXT.replace("==", ""), "checkpoint-signatures"],
    ["base64 with trailing bits", TEXT.replace("w==", "x=="), "checkpoint-signatures"],
    ["base64url", TEXT.replace("/ty6", "_ty6"), "checkpoint-signatures"],
    ["a signature of no bytes", TEXT.replace("/ty6mAECAw==", "/ty6mA=="), "checkpoint-signatures"],
    ["33 signatures", TEXT + LINE.repeat(NOTE_SIGNATURES_MAX), "checkpoint-signatures"],
    ["64 KiB and one byte", `${"x".repeat(65_537 - BYTES)}${TEXT}`, "too-large"],
  ])("refuses %s", (_, text, code) => {
    expect(parseNote(toUtf8(text))).toMatchObject({ ok: false, code });
  });

  test("accepts the largest note and the most signatures", () => {
    expect(parseNote(toUtf8(`${"x".repeat(65_536 - BYTES)}${TEXT}`))).toMatchObject({ ok: true });
    expect(parseNote(toUtf8(TEXT + LINE.repeat(NOTE_SIGNATURES_MAX - 1)))).toMatchObject({ ok: true });
  });

  test("refuses bytes that are not UTF-8", () => {
    expect(parseNote(Uint8Array.of(0xff, ...toUtf8(TEXT)))).toMatchObject({ ok: false, code: "checkpoint-syntax" });
  });

  test("answers any bytes with a value", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(parseNote(bytes)).toHaveProperty("ok");
      }),
    );
  });
});

/** Control characters and lone surrogates cannot be in a note at all. */
function parses(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return !/[\u0000-\u001f]/.test(name) && name.isWellFormed();
}

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recordingIo } from "../../../test/setup/io.ts";
import { nearest } from "../nearest.ts";
import { emit, FORMATS, type Format } from "./emit.ts";
import { paintFor, wantsColour } from "./paint.ts";
import { renderCsv, renderTable, type Table } from "./table.ts";
import { visible } from "./visible.ts";

type Row = { readonly name: string; readonly count: number };
const table: Table<Row> = {
  columns: [
    { title: "name", cell: ({ name }) => name },
    { title: "count", cell: ({ count }) => count },
  ],
  rows: [
    { name: "a", count: 1 },
    { name: "long name", count: 22 },
  ],
};

describe("renderTable", () => {
  test("pads every column but the last", () => {
    expect(renderTable(table)).toBe("NAME       COUNT\na          1\nlong name  22\n");
  });

  test("shows what a hostile cell would do to the terminal", () => {
    const hostile = { ...table, rows: [{ name: "\u001B]0;owned\u0007\nNAME", count: 0 }] };
    expect(renderTable(hostile)).toContain("␦001B]0;owned␦0007␦000ANAME");
  });
});

describe("renderCsv", () => {
  test.each([
    ["plain", "plain"],
    ["with, comma", '"with, comma"'],
    ['a "quote"', '"a ""quote"""'],
    ["two\nlines", '"two\nlines"'],
    ["=1+1", "'=1+1"],
    ["@x", "'@x"],
    ["-x", "'-x"],
    ["\tx", "'\tx"],
  ])("%j is written as %j", (name, cell) => {
    expect(renderCsv({ ...table, rows: [{ name, count: 1 }] })).toBe(`name,count\r\n${cell},1\r\n`);
  });
});

describe("emit", () => {
  const view = { json: { items: [{ a: 1 }, { a: 2 }] }, table, text: (): string => "text\n" };
  const expected: Readonly<Record<Format, string>> = {
    text: "text\n",
    table: renderTable(table),
    csv: renderCsv(table),
    json: '{\n  "items": [\n    {\n      "a": 1\n    },\n    {\n      "a": 2\n    }\n  ]\n}\n',
    jsonl: '{"a":1}\n{"a":2}\n',
    yaml: "items:\n  - a: 1\n  - a: 2\n",
  };
  test.each(FORMATS)("%s goes to stdout and nothing else", async (format) => {
    const { io, heard } = recordingIo();
    await emit(io, format, view);
    expect(heard).toEqual({ out: expected[format], err: "", exit: 0 });
  });
});

describe("colour", () => {
  const tty = { isTty: true, columns: 80 };
  const pipe = { isTty: false, columns: 80 };
  test.each([
    ["a terminal", {}, tty, "auto", true],
    ["a pipe", {}, pipe, "auto", false],
    ["NO_COLOR", { NO_COLOR: "1" }, tty, "auto", false],
    ["an empty NO_COLOR", { NO_COLOR: "" }, tty, "auto", true],
    ["TERM=dumb", { TERM: "dumb" }, tty, "auto", false],
    ["FORCE_COLOR in a pipe", { FORCE_COLOR: "1" }, pipe, "auto", true],
    ["FORCE_COLOR=0", { FORCE_COLOR: "0" }, tty, "auto", false],
    ["FORCE_COLOR against NO_COLOR", { FORCE_COLOR: "1", NO_COLOR: "1" }, tty, "auto", true],
    ["--color never against FORCE_COLOR", { FORCE_COLOR: "1" }, tty, "never", false],
    ["--color always against NO_COLOR", { NO_COLOR: "1" }, pipe, "always", true],
  ] as const)("%s", (...[, env, terminal, choice, wanted]) => {
    expect(wantsColour(env, terminal, choice)).toBe(wanted);
  });

  test.each([
    [{ LANG: "de_DE.UTF-8" }, "✓"],
    [{}, "✓"],
    [{ LANG: "C" }, "+"],
    [{ LC_ALL: "C", LANG: "de_DE.UTF-8" }, "+"],
  ])("a state has a symbol that the locale %j can show", (env, symbol) => {
    const { io } = recordingIo({ env });
    expect(paintFor(io, io.outTerminal).symbol("ok")).toBe(symbol);
  });
});

describe("visible", () => {
  test.each([
    ["a\u202Eb", "a␦202Eb"],
    ["\u001B[2J", "␦001B[2J"],
    ["a\u200Bb", "a␦200Bb"],
    ["zażółć 漢字 🙂", "zażółć 漢字 🙂"],
  ])("%j becomes %j", (text, shown) => {
    expect(visible(text)).toBe(shown);
  });
});

describe("nearest", () => {
  test.each([
    ["typ", ["name", "type"], "type"],
    ["veirfy", ["verify", "version"], "verify"],
    ["xyz", ["name", "type"], undefined],
    ["a", ["b"], "b"],
  ])("%j of %j is %j", (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected);
  });

  test("is the word itself when it is there", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), fc.nat(), (words, i) => {
        const word = words[i % words.length] ?? "";
        expect(nearest(word, words)?.toLowerCase()).toBe(word.toLowerCase());
      }),
    );
  });
});

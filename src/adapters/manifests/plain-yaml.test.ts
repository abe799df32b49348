import { existsSync, globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SourceFile } from "../../core/pipelines/definitions/source-node.ts";
import { parsePlainJson } from "./plain-json.ts";
import { parsePlainYaml } from "./plain-yaml.ts";
import { parseTrees, type TreeSource } from "./source-tree.ts";

const FOLDER = resolve(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "pipelines");

function sourceOf(text: string): TreeSource {
  const starts = [...text.matchAll(/\n/g)].map(({ index }) => index + 1);
  const file: SourceFile = { path: "a.yaml", lineStarts: [0, ...starts] };
  return { file, restore: (held) => held };
}

/** Whether the quick reader reads it, after making sure that it reads what the full parser reads. */
function isReadAlike(text: string): boolean {
  const source = sourceOf(text);
  const plain = parsePlainYaml(text, source);
  if (plain === undefined) return false;
  const { roots, problems } = parseTrees(text, source);
  expect({ text, roots: plain, problems: [] }).toEqual({ text, roots, problems });
  return true;
}

function isJsonReadAlike(text: string): boolean {
  const source = sourceOf(text);
  const plain = parsePlainJson(text, source);
  if (plain === undefined) return false;
  expect({ text, roots: [plain], problems: [] }).toEqual({ text, ...parseTrees(text, source) });
  return true;
}

describe("parsePlainJson", () => {
  test.each([
    "{}",
    '{"a": "b", "c": [1, -2.50, true, null, {}, []]}\n',
    '\n{\n  "a": {\n    "b": "c \\" \\\\ \\/ \\n"\n  },\n  "d": []\n}\n',
    '{"a":"b","c":["d"],"e":{"f":"g"}}',
    '{\n  "a": "b",\t\n  "c": [\t1]\n}\n',
  ])("reads %j as the full parser does", (text) => {
    expect(isJsonReadAlike(text)).toBe(true);
  });

  test.each([
    "",
    "a: b",
    "[]",
    '{"a": 1e3}',
    '{"a": 01}',
    '{"a": "\\u0041"}',
    '{"a": 1, "a": 2}',
    '{"a": 1,}',
    '{"a" : 1}',
    '{"a":1}',
    '{"a": 1} x',
    "{\"a\": 'b'}",
    "{a: 1}",
    '{"a": "b\n"',
    "{",
  ])("leaves %j to the full parser", (text) => {
    expect(isJsonReadAlike(text)).toBe(false);
  });

  test("reads nothing otherwise than the full parser does", () => {
    const spaces = fc.constantFrom(undefined, 1, 2);
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), spaces, (value, space) => {
        expect([true, false]).toContain(isJsonReadAlike(JSON.stringify(value, undefined, space)));
      }),
    );
  });
});

describe("parsePlainYaml", () => {
  test.each([
    "a: b\n",
    "a: b",
    "a:\n  b: 1\n  c: 2.50\n",
    "a:\n- b\n- c\nd: e\n",
    "a:\n  - b: 1\n    c: 2\n  - b: 3\n",
    "a: # comment behind nothing\n",
    "a: b # comment\n# comment\nc: d\n",
    "a: 'it''s' # comment\n\"b\": \"c\"\n",
    "a: [b, 'c', {d: e, f: [1, true]}]\nb: {}\nc: []\n",
    "a: |\n  one\n\n    two\n  three\n\n\nb: |-\n  one\n",
    "a: |+\n  one\n\nb: |+\n  two\n\n",
    "a: |\n\n  one\n# comment\nb: c\n",
    "a: |\n  one",
    "a: >\n  b\n  c\n\n  d\n\n\n  e\n\nf: >-\n  g\n  h\n",
    "a: b\n  c\n    d\ne:\n  - f\n   g\n",
    "a: ~\nb: null\nc: True\nd: no\ne: 012\nf: -1\ng: .5\nh: 1.\n",
    "a:\nb:\n",
    "---\na: b\n---\n---\nc: d\n",
    "# only a comment\n",
    "a: x{y}[z]&*!|>'\"\nb: a#b\nc: http://x.example:1/y\n",
    "a: {b: http://x.example/y, c: d}\n",
    "a: $(params.x)\nb: {name: $(params.x), value: y}\n",
    "- a\n- b: c\n",
    "a: |\n  \tone\n  two\tthree\n",
    "a: &x b # c\nd: *x\ne: [f]\n*x : g\n",
    'a:\n- &x 1\n- &y "z"\nb:\n  c: *x # d\n  *y : *y\n',
    "a: &x b\na2: &x c\nd: *x\n",
    'a: "b\\n \\"c\\" \\\\ \\/"\n"d\\te": f\n',
    "https://a.example: b\nhttps://*.b.example/*/*:\n  c: d\n",
  ])("reads %j as the full parser does", (text) => {
    const isOutside = text === "a: # comment behind nothing\n";
    expect(isReadAlike(text)).toBe(!isOutside);
  });

  test.each([
    "a: &x\n  b: c\n",
    "a: &x b\n  c\n",
    "a: &x {b: c}\n",
    "a: &x 'b'\nc: *x d\n",
    "a: &x b\nc: *x\n  d\n",
    "a: &x b\n---\nc: *x\n",
    "a: &x b\n*x: c\n",
    "a: *x\n",
    "a: !t b\n",
    "a: >+\n  b\n",
    "a: >\n  b\n    c\n",
    "a: b\n\n  c\n",
    "a: b # c\n  d\n",
    "a: b\n  c: d\n",
    "a: |2\n  b\n",
    "a: b: c\n",
    "a: b\na: c\n",
    "a: [b,\n  c]\n",
    "a: {b: c,}\n",
    'a: "\\u0062"\n',
    'a: "b\\\n  c"\n',
    "a: 'b\n  c'\n",
    "a: 0x10\nb: 1e3\n",
    "a:\tb\n",
    "a: b\r\n",
    "%YAML 1.2\n---\na: b\n",
    "a: b\n...\n",
    "<<: {a: b}\n",
    "? a\n: b\n",
    "- - a\n",
    "a:\n  b: c\n d: e\n",
    "  a: b\nc: d\n",
    "a: {{ b }}\n",
    "a: @b\n",
    "just text\n",
    "----\n",
    "a: 'b'c\n",
    "a: |\n  one\n   \n  two\n",
    "a: 12345678901234567890\n",
  ])("leaves %j to the full parser", (text) => {
    expect(isReadAlike(text)).toBe(false);
  });

  test.skipIf(!existsSync(FOLDER))("reads most of the fixtures, each as the full parser does", () => {
    const files = globSync("**/*.yaml", { cwd: FOLDER, exclude: ["schemas/**"] });
    const read = files.filter((file) => isReadAlike(readFileSync(join(FOLDER, file), "utf8")));
    expect(read.length / files.length).toBeGreaterThan(0.5);
  });

  test("reads nothing otherwise than the full parser does", () => {
    const piece = fc.constantFrom(
      "a: ",
      "b:",
      "c: 1",
      "- ",
      "-",
      "\n",
      "\n  ",
      "\n    ",
      "\n- ",
      "|\n",
      "|-\n",
      ">\n",
      ">-\n",
      "'",
      '"',
      "{",
      "}",
      "[",
      "]",
      ", ",
      ",",
      ":",
      ": ",
      " #x",
      "#",
      "x",
      "y z",
      "---\n",
      "\n\n",
      " ",
      "\t",
      "null",
      "1.",
      "-1",
      "~",
      "a/b: ",
      "'k': ",
      "&",
      "*",
      "&x ",
      "*x",
      "*x : ",
      '"\\n',
      "?",
      "!",
      "%",
      "@",
      ">",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        expect([true, false]).toContain(isReadAlike(pieces.join("")));
      }),
    );
  });
});

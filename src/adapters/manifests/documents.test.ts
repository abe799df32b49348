import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes } from "../../core/bytes/bytes.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { readDocuments, SET_BYTES_MAX } from "./documents.ts";

const read = (text: string) => readDocuments([{ path: "p.yaml", bytes: toUtf8(text) }]);

describe("readDocuments", () => {
  test("reads values, and where each stands", () => {
    const { documents, problems } = read("a: {b: [1, x]}\n---\n# nothing\n---\nc/d: yes\n");
    expect(problems).toEqual([]);
    expect(documents.map(({ value }) => value)).toEqual([{ a: { b: [1, "x"] } }, { "c/d": "yes" }]);
    expect(documents[0]?.places.get("/a/b/1")).toEqual({ line: 1, column: 12 });
    expect(documents[1]?.places.get("/c~1d")).toEqual({ line: 5, column: 6, name: { line: 5, column: 1 } });
  });

  test.each([
    ["yes, on and dates stay text", "a: [yes, on, 2027-01-01, 12:30]", ["yes", "on", "2027-01-01", "12:30"]],
    ["__proto__ is a name as any other", "a: {__proto__: 1}", JSON.parse('{"__proto__": 1}')],
    ["null is written in four ways", "a: [null, ~, Null, NULL]", [null, null, null, null]],
    ["numbers of YAML 1.2", "a: [0x10, 0o10, 010, 1.5, -3]", [16, 8, 10, 1.5, -3]],
  ])("%s", (_, text, value) => {
    const { documents, problems } = read(text);
    expect(problems).toEqual([]);
    expect(documents[0]?.value).toEqual(Object.fromEntries([["a", value]]));
  });

  test.each([
    ["an alias", "a: &x 1\nb: *x", "TP002", 1],
    ["an anchor", "a: &x 1", "TP002", 1],
    ["an unknown alias", "a: *x", "TP002", 1],
    ["a merge key", "a: {<<: {b: 1}}", "TP002", 1],
    ["a tag of YAML", "a: !!str 1", "TP002", 1],
    ["a tag of our own", "a: !mine 1", "TP002", 1],
    ["a key twice", "a: 1\nb: 2\na: 3", "TP002", 3],
    ["a key twice, once in quotes", 'a: 1\n"a": 3', "TP002", 2],
    ["a key that is a number", "1: a", "TP002", 1],
    ["a key that is a list", "? [a]\n: b", "TP002", 1],
    ["infinity", "a: .inf", "TP002", 1],
    ["a number that a double would change", "a: 9007199254740993", "TP002", 1],
    ["a tab as indentation", "a:\n\tb: 1", "TP002", 2],
    ["an open bracket", "a: [", "TP002", 1],
    ["a directive of another version", "%YAML 1.1\n---\na: 1", "TP002", 1],
    ["a control character", "a: 1\nb: \u0007", "TP001", 2],
    ["a byte order mark", "\uFEFFa: 1", "TP001", 1],
    ["thirty-three levels", `${"[".repeat(33)}${"]".repeat(33)}`, "TP002", 1],
    [
      "thirty-four levels in block style",
      Array.from({ length: 34 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"),
      "TP002",
      34,
    ],
  ])("refuses %s", (_, text, id, line) => {
    expect(read(text).problems[0]).toMatchObject({ id, file: "p.yaml", line, level: "error" });
  });

  test.each([
    ["what YAML has and we do not", "a: &x 1", /no aliases/],
    ["what is no YAML", "a: [", /^Correct the YAML/],
    ["what is too deep", `${"[".repeat(33)}${"]".repeat(33)}`, /less nesting/],
  ])("says what to do about %s", (_, text, fix) => {
    expect(read(text).problems[0]?.fix).toMatch(fix);
  });

  test("refuses what is not UTF-8, and more than the limit of a ConfigMap over all files", () => {
    const bad = concatBytes([toUtf8("a: "), Uint8Array.of(0xc3, 0x28)]);
    expect(readDocuments([{ path: "p", bytes: bad }]).problems).toMatchObject([{ id: "TP001" }]);
    const half = { path: "p", bytes: toUtf8(`# ${"x".repeat(SET_BYTES_MAX / 2)}`) };
    expect(readDocuments([half, half]).problems).toMatchObject([{ id: "TP001" }]);
    expect(readDocuments([half]).problems).toEqual([]);
  });

  test.each([
    ["open brackets", "[".repeat(SET_BYTES_MAX - 1)],
    ["open maps", "{a: ".repeat(200_000)],
    ["sequences in sequences", "- ".repeat(500_000)],
    ["keys of keys", "? ".repeat(500_000)],
    ["documents", "---\n".repeat(250_000)],
  ])("a megabyte of %s is refused before it is parsed", (_, text) => {
    expect(read(text).problems).toMatchObject([{ id: "TP002" }]);
  });

  test("never throws, and gives a value or a reason", () => {
    const yamlLike = fc
      .array(
        fc.constantFrom(
          "a",
          ": ",
          "- ",
          "\n",
          "  ",
          "[",
          "]",
          "{",
          "}",
          ",",
          "|",
          ">",
          "'",
          '"',
          "&x ",
          "*x",
          "!t ",
          "<<: ",
          "---\n",
          "%",
          "#",
          "\t",
          "? ",
          "1",
          "~",
          "\\",
        ),
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(yamlLike, fc.string({ unit: "binary" })), (text) => {
        const { documents, problems } = read(text);
        expect(problems.every(({ line, column }) => line > 0 && column > 0)).toBe(true);
        expect(JSON.parse(JSON.stringify(documents.map(({ value }) => value)))).toEqual(
          documents.map(({ value }) => value),
        );
      }),
    );
  });

  test("reads JSON as JSON does", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        if (value === null) return true;
        const { documents, problems } = read(JSON.stringify(value).replaceAll("\u007F", "\\u007f"));
        fc.pre(problems.every(({ id }) => id !== "TP001"));
        const refused = problems
          .map(({ message }) => message)
          .filter((message) => !/deeper|JSON does not have|merge|indicators/.test(message));
        expect(refused).toEqual([]);
        return problems.length > 0 || JSON.stringify(documents[0]?.value) === JSON.stringify(value);
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import {
  flagAt,
  nodeAt,
  pathOf,
  placeInText,
  placeOf,
  scalarAt,
  scalarsIn,
  textAt,
  type ScalarNode,
} from "../../core/pipelines/definitions/source-node.ts";
import { DEFINITION_BYTES_MAX, readDefinitionFile } from "./definition-file.ts";

const read = (text: string, path = "a.yaml"): ReturnType<typeof readDefinitionFile> =>
  readDefinitionFile(path, toUtf8(text));
const root = (text: string, path?: string) => read(text, path).documents[0]?.root;
const PAC = "metadata: { annotations: { pipelinesascode.tekton.dev/on-event: push } }\n";

describe("readDefinitionFile", () => {
  test("knows the place and path of every value", () => {
    const value = scalarAt(root("spec:\n  steps:\n    - { name: a, image: b }\n"), "spec", "steps", 0, "image");
    expect(value && [placeOf(value), pathOf(value)]).toEqual([
      { file: "a.yaml", line: 3, column: 25 },
      "spec.steps[0].image",
    ]);
  });

  test.each([
    ["a literal block", "script: |\n  one\n  two $(params.x)\n", 3, 7],
    ["an indented literal block", "a:\n  script: |-\n\n      one\n        two $(params.x)\n", 5, 13],
    ["a literal block with carriage returns", "script: |\r\n  one\r\n  two $(params.x)\r\n", 3, 7],
    ["an explicit indentation", "script: |2\n    one\n    two $(params.x)\n", 3, 9],
    ["an unquoted line", "script: two $(params.x)\n", 1, 13],
    ["a folded block, at its start", "script: >\n  one\n  two $(params.x)\n", 1, 9],
    ["a quoted line, at its start", 'script: "two $(params.x)"\n', 1, 9],
  ])("places a part of a text in %s", (_, yaml, line, column) => {
    const script = [...scalarsIn(root(yaml))].find(({ text }) => text.includes("$("));
    expect(script && placeInText(script, script.text.indexOf("$("))).toEqual({ file: "a.yaml", line, column });
  });

  test.each([
    ["a scalar of its own", `${PAC}a: {{ revision }}\n`, "{{ revision }}"],
    ["the start of a scalar", `${PAC}a: {{ revision }}-x\n`, "{{ revision }}-x"],
    ["a quoted scalar", `${PAC}a: "{{revision}} {{ body.x }}"\n`, "{{revision}} {{ body.x }}"],
    ["a literal block", `${PAC}a: |\n  echo {{ source_branch }}\n`, "echo {{ source_branch }}\n"],
  ])("puts Pipelines-as-Code expressions back in %s", (_, yaml, text) => {
    const file = read(yaml);
    expect(file.problems).toEqual([]);
    expect([textAt(file.documents[0]?.root, "a"), file.documents[0]?.isEventTemplate]).toEqual([text, true]);
  });

  test("takes them for templates in .tekton/ too, and nowhere else", () => {
    expect(textAt(root("a: {{ revision }}\n", ".tekton/push.yaml"), "a")).toBe("{{ revision }}");
    expect(textAt(root("a: {{ revision }}\n"), "a")).toBeUndefined();
  });

  test("follows aliases and merge keys, and takes the words of YAML 1.1 for flags", () => {
    const tree = root("base: &b { x: 1, y: no }\nmade: { <<: *b, x: 2 }\nalso: *b\n");
    expect([textAt(tree, "made", "x"), flagAt(tree, "made", "y"), textAt(tree, "also", "x")]).toEqual([
      "2",
      false,
      "1",
    ]);
  });

  test("keeps the way a number is written", () => {
    expect(textAt(root("version: 1.10\n"), "version")).toBe("1.10");
  });

  test("reads JSON and a byte order mark", () => {
    expect(textAt(root('\uFEFF{"kind": "Task", "metadata": {"name": "a"}}'), "metadata", "name")).toBe("a");
  });

  test("reads Fulcio's alias keys", () => {
    const tree = root('define:\n  - &g "github"\noidc-issuers: {}\nci-issuer-metadata:\n  *g:\n    a: 1\n');
    expect(textAt(tree, "ci-issuer-metadata", "github", "a")).toBe("1");
  });

  test("reads documents inside ConfigMaps, with their places", () => {
    const tree = root("kind: ConfigMap\ndata:\n  config.yaml: |\n    a:\n      b: c\n");
    const config = scalarAt(tree, "data", "config.yaml");
    const value = nodeAt(config?.nested, "a", "b");
    expect(value && placeOf(value)).toEqual({ file: "a.yaml", line: 5, column: 10 });
  });

  test.each([
    ["a syntax error", "a: 1\n b: [", /not YAML/],
    ["a template", "a: 1\n{{- if .x }}\nb: 2\n{{- end }}\n", /template/],
    ["deep flow", "[".repeat(100_000), /nested deeper/],
    ["deep blocks", `${"- ".repeat(5000)}a`, /indicators|nested/],
    ["an alias of nothing", "a: *b\n", /alias/],
    ["an alias of itself", "a: &a [*a]\n", /alias \*a/],
    ["a bomb of aliases", bomb(), /values/],
    ["a key twice", "a: 1\na: 2\n", /twice/],
  ])("says what is wrong with %s", (_, text, message) => {
    const { problems } = read(text);
    expect(problems[0]?.message).toMatch(message);
    expect(problems[0]?.at.line).toBeGreaterThan(0);
  });

  test("refuses what is not text, and what is too much", () => {
    expect(readDefinitionFile("a", new Uint8Array([0xff, 0xfe])).problems[0]?.message).toBe("not UTF-8");
    expect(readDefinitionFile("a", new Uint8Array(DEFINITION_BYTES_MAX + 1)).problems[0]?.code).toBe("unreadable");
  });

  test("reads the documents before and after a broken one", () => {
    const { documents, problems } = read("kind: A\n---\na: [\n---\nkind: B\n");
    expect([documents.map(({ root: one }) => textAt(one, "kind")), problems.length]).toEqual([["A", "B"], 1]);
  });

  test("never throws, and every place is in the text", () => {
    const piece = fc.constantFrom(
      "a: ",
      "- ",
      "{{ x }}",
      "{",
      "}",
      "[",
      "]",
      "\n",
      "  ",
      "|\n",
      "&a ",
      "*a",
      "<<: ",
      "---\n",
      '"',
      "'",
      "# ",
      "?",
      "\t",
      "kind: Task",
    );
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(piece).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom("a.yaml", ".tekton/a.yaml"), (text, path) => {
        const { documents, problems } = read(text, path);
        const places = documents.flatMap((document) => [...scalarsIn(document.root)].flatMap(placesOf));
        const lineCount = text.split("\n").length;
        for (const { line, column } of [...places, ...problems.map(({ at }) => at)]) {
          expect(line >= 1 && line <= lineCount && column >= 1).toBe(true);
        }
      }),
    );
  });
});

function placesOf(scalar: ScalarNode) {
  return [placeOf(scalar), placeInText(scalar, Math.max(0, scalar.text.length - 1))];
}

function bomb(): string {
  const levels = Array.from(
    { length: 12 },
    (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(", ")}]\n`,
  );
  return `l0: &l0 [x, x, x, x, x, x, x, x]\n${levels.join("")}`;
}

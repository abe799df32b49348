import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseYaml } from "../../../adapters/manifests/yaml.ts";
import type { JsonObject } from "../../json/json.ts";
import { renderComments, renderYaml, renderYamlDocuments } from "./render-yaml.ts";

const text = fc.oneof(
  fc.string(),
  fc.constantFrom(
    "yes",
    "1.1",
    "~",
    "",
    "a: b",
    "- a",
    "#x",
    "-----BEGIN X-----\nMF=\n-----END X-----\n",
    "a\n\nb",
    "a\n b",
    "\ta\n",
    "x\n\n",
  ),
);
const value = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("node"), { maxLength: 3 }),
    fc.dictionary(
      text.filter((name) => name !== "<<"),
      tie("node"),
      { maxKeys: 3 },
    ),
  ),
})).node;

describe("renderYaml", () => {
  test("is read back as what it was", () => {
    fc.assert(
      fc.property(fc.record({ spec: value }), (document) => {
        const { documents, problems } = parseYaml(renderYaml(document as JsonObject));
        expect(problems).toEqual([]);
        expect(documents.map((one) => one.value)).toEqual([document]);
      }),
    );
  });

  test("keeps documents apart, and comments out of them", () => {
    const documents = [
      { value: { a: 1 }, comments: ["one\n--- # two"] },
      { value: { b: "-----BEGIN X-----\nMF=\n-----END X-----\n" }, comments: [] },
    ];
    const written = renderYamlDocuments(documents);
    expect(written).toBe("---\n# one?--- # two\na: 1\n---\nb: |\n  -----BEGIN X-----\n  MF=\n  -----END X-----\n");
    expect(parseYaml(written).documents.map((one) => one.value)).toEqual(documents.map((one) => one.value));
    expect(renderComments([])).toBe("");
  });
});

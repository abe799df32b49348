import { expect, test } from "vitest";
import { toUtf8 } from "../bytes/utf8.ts";
import { isSameStatement } from "./same-statement.ts";

const OURS = '{"_type":"t","subject":[{"digest":{"sha256":"ab"}}],"predicateType":"p","predicate":{}}';

test.each([
  ["itself", OURS],
  [
    "other order and white space",
    '{ "predicate":{}, "predicateType":"p","subject":[{"digest":{"sha256":"ab"}}],"_type":"t" }',
  ],
  ["empty annotations", OURS.replace("}}],", '},"annotations":{}}],')],
])("a statement is the same as %s", (_, text) => {
  expect(isSameStatement(toUtf8(OURS), toUtf8(text))).toBe(true);
});

test.each([
  ["another digest", OURS.replace("ab", "ac")],
  ["another predicate", OURS.replace('"predicate":{}', '"predicate":{"a":1}')],
  ["annotations", OURS.replace("}}],", '},"annotations":{"a":"b"}}],')],
  ["one subject more", OURS.replace("}}],", '}},{"digest":{}}],')],
  ["no JSON", "{"],
  ["a list", "[]"],
])("a statement is not the same as %s", (_, text) => {
  expect(isSameStatement(toUtf8(OURS), toUtf8(text))).toBe(false);
});

test("what is no statement is the same as nothing, itself included", () => {
  expect(isSameStatement(toUtf8("{"), toUtf8("{"))).toBe(false);
});

import { expect, test } from "vitest";
import { toUtf8 } from "../bytes/utf8.ts";
import { parsePredicateType, readPredicate, readSbom } from "./predicates.ts";

test.each([
  ["slsaprovenance1", "https://slsa.dev/provenance/v1"],
  ["cyclonedx", "https://cyclonedx.org/bom"],
  ["https://example.com/x/v1", "https://example.com/x/v1"],
  ["urn:example:x", "urn:example:x"],
])("%s is a predicate type", (text, type) => {
  expect(parsePredicateType(text)).toBe(type);
});

test.each(["", "signature", "example.com/x", "https://exa mple", "toString"])("%j is no predicate type", (text) => {
  expect(parsePredicateType(text)).toBeUndefined();
});

test.each([
  ["CycloneDX", '{"bomFormat":"CycloneDX","specVersion":"1.6"}', "https://cyclonedx.org/bom"],
  ["SPDX as JSON", '{"spdxVersion":"SPDX-2.3"}', "https://spdx.dev/Document"],
  ["SPDX as tag-value", "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n", "https://spdx.dev/Document"],
])("readSbom knows %s", (_, text, predicateType) => {
  const sbom = readSbom(toUtf8(text));
  expect(sbom).toMatchObject({ ok: true, value: { predicateType } });
  expect(sbom.ok && typeof sbom.value.predicate).toBe(text.startsWith("{") ? "object" : "string");
});

test.each([
  ["another document", "{}", "sbom-unknown"],
  ["text", "hello", "sbom-unknown"],
  ["a member twice", '{"bomFormat":"CycloneDX","bomFormat":"x"}', "json-duplicate-key"],
  ["bytes that are no text", "\xff", "sbom-unknown"],
])("readSbom refuses %s", (_, text, code) => {
  expect(readSbom(text === "\xff" ? Uint8Array.of(0xff) : toUtf8(text))).toMatchObject({ ok: false, code });
});

test.each([
  ["a list", "[]", "predicate-not-object"],
  ["text", '"x"', "predicate-not-object"],
  ["no JSON", "{", "json-syntax"],
])("readPredicate refuses %s", (_, text, code) => {
  expect(readPredicate(toUtf8(text))).toMatchObject({ ok: false, code });
});

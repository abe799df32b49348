import { expect, test } from "vitest";
import { EXCUSABLE_CODES, reasonClassOf } from "./reason-class.ts";
import { EXPLAINED_REASONS, helpOfReason } from "./reason-help.ts";

test("has words for every code that can be excused, and for the class of every other", () => {
  for (const code of [...EXCUSABLE_CODES, "json-syntax", "set-signature", "tst-chain", "leaf-is-ca", "allowed-audit"]) {
    expect([code, helpOfReason(code)]).toEqual([code, { means: expect.any(String), remedy: expect.any(String) }]);
  }
});

test("explains codes only, each of a known class", () => {
  expect(EXPLAINED_REASONS.filter((code) => reasonClassOf(code) === undefined)).toEqual([]);
  for (const word of ["", "no-idea", "constructor", "toString", "policy"]) expect(helpOfReason(word)).toBeUndefined();
});

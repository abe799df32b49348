import { describe, expect, test } from "vitest";
import type { LintFinding } from "./lint.ts";
import { suppress, type LintException } from "./suppress.ts";

const FOUND: LintFinding = {
  rule: "PIN-01",
  name: "image-pinned",
  severity: "medium",
  file: "tasks/build.yaml",
  line: 1,
  column: 1,
  path: "",
  message: "m",
  fix: "f",
  evidence: [],
  verdict: "fail",
};
const BORNE: LintException = { rule: "PIN-01", reason: "r", expiresAt: 2000 };
const NOW = 1000;

describe("suppress", () => {
  test.each<[string, LintException, boolean]>([
    ["by code", BORNE, true],
    ["by name", { ...BORNE, rule: "image-pinned" }, true],
    ["without an end", { rule: "PIN-01", reason: "r" }, true],
    ["in the file", { ...BORNE, file: "tasks/build.yaml" }, true],
    ["in a file by the end of its path", { ...BORNE, file: "build.yaml" }, true],
    ["in another file", { ...BORNE, file: "uild.yaml" }, false],
    ["of another rule", { ...BORNE, rule: "PIN-02" }, false],
    ["that ends now", { ...BORNE, expiresAt: NOW }, false],
    ["that is over", { ...BORNE, expiresAt: NOW - 1 }, false],
  ])("an exception %s", (_, exception, isBorne) => {
    const { kept, ignored, idle } = suppress([FOUND], [exception], NOW);
    expect([kept.length, ignored.length, idle.length]).toEqual(isBorne ? [0, 1, 0] : [1, 0, 1]);
  });

  test("never takes out what could not be read", () => {
    const unread = { ...FOUND, rule: "LINT-01", name: "lint-unreadable" };
    expect(suppress([unread], [{ rule: "LINT-01", reason: "r" }], NOW).kept).toEqual([unread]);
  });

  test("says why an exception did nothing", () => {
    const over = { ...BORNE, expiresAt: 1 };
    const other = { ...BORNE, rule: "PIN-02" };
    expect(suppress([FOUND], [over, other], NOW).idle).toEqual([
      { exception: over, why: "expired" },
      { exception: other, why: "nothing-found" },
    ]);
  });
});

import { describe, expect, test } from "vitest";
import { readGateCases } from "./gate-cases/gate-case.ts";
import { runLangCase } from "./gate-cases/lang.ts";

const cases = readGateCases("10-regex.yaml", "20-globs.yaml");

describe.skipIf(cases.length === 0)("languages of the gate's cases", () => {
  test.each(cases)("$id $title", (c) => {
    expect(runLangCase(c)).toEqual({ passed: true, why: "" });
  });
});

import { describe, expect, test } from "vitest";
import { readGateCases } from "./gate-cases/gate-case.ts";
import { runGitCase } from "./gate-cases/git.ts";

const cases = readGateCases("90-git.yaml");

describe.skipIf(cases.length === 0)("repositories of the gate's cases", () => {
  test.each(cases)("$id $title", async (c) => {
    expect(await runGitCase(c)).toEqual({ passed: true, why: "" });
  });
});

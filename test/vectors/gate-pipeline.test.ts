import { describe, expect, test } from "vitest";
import { GATE_CASES, readGateCases } from "./gate-cases/gate-case.ts";
import { runPipelineCase } from "./gate-cases/pipeline.ts";
import { existsSync } from "node:fs";

describe.skipIf(!existsSync(GATE_CASES))("gate cases: pipelines", () => {
  const cases = readGateCases("70-pipeline.yaml");

  test("are all there", () => {
    expect(cases).toHaveLength(26);
  });

  test.each(cases)("$id $title", (one) => {
    expect(runPipelineCase(one)).toEqual({ passed: true, why: "" });
  });
});

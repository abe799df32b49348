import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { GATE_CASES, readGateCases } from "./gate-cases/gate-case.ts";
import { runIdentityCase } from "./gate-cases/identity.ts";

describe.skipIf(!existsSync(GATE_CASES))("gate cases: identities", () => {
  const cases = readGateCases("80-identity.yaml");

  test("are all there", () => {
    expect(cases).toHaveLength(10);
  });

  test.each(cases)("$id $title", (one) => {
    expect(runIdentityCase(one)).toEqual({ passed: true, why: "" });
  });
});

import { describe, expect, test } from "vitest";
import { readGateCases } from "./gate-cases/gate-case.ts";
import { runPolicyCase } from "./gate-cases/policy.ts";

const policies = readGateCases(
  "30-policy-controller.yaml",
  "40-kyverno.yaml",
  "50-containers-openshift.yaml",
  "55-notation.yaml",
);

describe.skipIf(policies.length === 0)("policies of the gate's cases", () => {
  test.each(policies)("$id $title", (c) => {
    expect(runPolicyCase(c)).toEqual({ passed: true, why: "" });
  });
});

import { describe, expect, test } from "vitest";
import { readGateCases } from "./gate-cases/gate-case.ts";
import { runPolicyCase } from "./gate-cases/policy.ts";
import { runSystemCase } from "./gate-cases/system.ts";
import { runWaiverCase } from "./gate-cases/waiver.ts";

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

const systems = readGateCases("60-system.yaml");

describe.skipIf(systems.length === 0)("systems of the gate's cases", () => {
  test.each(systems)("$id $title", (c) => {
    expect(runSystemCase(c)).toEqual({ passed: true, why: "" });
  });
});

const waivers = readGateCases("85-waiver.yaml");

describe.skipIf(waivers.length === 0)("waivers of the gate's cases", () => {
  test.each(waivers)("$id $title", (c) => {
    expect(runWaiverCase(c)).toEqual({ passed: true, why: "" });
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { detectWorld, type Scenario } from "../../../test/setup/detect-world.ts";
import { detect, DETECTORS } from "./detectors.ts";

const folder = new URL("detectors/", import.meta.url);

describe("every detector", () => {
  test("has a folder of its name, and every folder is in the list", () => {
    expect(DETECTORS.map(({ name }) => name).toSorted()).toEqual(readdirSync(folder).toSorted());
    expect(new Set(DETECTORS.map(({ id }) => id)).size).toBe(DETECTORS.length);
  });

  test.each(DETECTORS.map((detector) => [detector.name, detector] as const))(
    "%s passes and fails as its page says",
    (name, detector) => {
      const page = readFileSync(new URL(`${name}/detector.md`, folder), "utf8");
      const [passes, fails] = ["Passes", "Fails"].map((heading) => examplesUnder(page, heading));
      expect(page.startsWith(`# ${name}\n`)).toBe(true);
      expect(passes?.map((scenario) => detector.detect(detectWorld([scenario])).length)).toEqual([0]);
      expect(fails?.map((scenario) => detector.detect(detectWorld([scenario])).length)).toEqual([1]);
    },
  );
});

const payments = { repository: "payments/api" } as const;

describe("detect", () => {
  test.each<[string, readonly Scenario[], readonly string[]]>([
    ["an ordinary signature", [{ ...payments, signer: "payments/builder", runs: "payments-prod" }], []],
    ["a stranger", [{ ...payments, signer: "sandbox/default" }], ["D01 high"]],
    [
      "a stranger at night",
      [{ ...payments, signer: "sandbox/default", at: "2026-11-22T02:41:09Z" }],
      ["D01 high", "S01 medium"],
    ],
    ["an image of no family", [{ repository: "tools/x", signer: "sandbox/default", runs: "tools" }], []],
    [
      "a stolen token at night",
      [{ ...payments, signer: "payments/builder", run: "none", at: "2026-11-22T02:41:09Z" }],
      ["D05 high", "S01 high"],
    ],
    [
      "an exception in force",
      [{ ...payments, signer: "none", runs: "payments-prod", exception: "active" }],
      ["D13 low"],
    ],
    [
      "an exception of another namespace",
      [{ ...payments, signer: "none", runs: "payments-staging", exception: "active" }],
      ["D12 critical"],
    ],
    [
      "an expired exception",
      [{ ...payments, signer: "sandbox/default", runs: "payments-prod", exception: "ended" }],
      ["D01 high", "D13 high"],
    ],
  ])("%s", (_, scenarios, expected) => {
    const found = detect(detectWorld(scenarios)).map(({ detector, severity }) => `${detector} ${severity}`);
    expect(found.toSorted()).toEqual(expected);
  });

  test("says who let an expired exception pass, and why nothing stopped it", () => {
    const world = detectWorld([{ ...payments, signer: "sandbox/default", runs: "payments-prod", exception: "ended" }]);
    const used = detect(world).find(({ detector }) => detector === "D13");
    expect(used?.sentence).toBe(
      "prod-eu/payments-prod/pod-0 started 2026-11-23T10:05:00Z: exception exc-1 (asked by u-17 @ https://idp.example, approved by u-04 @ https://idp.example) had ended 2026-11-20T00:00:00Z, and payments-prod was in audit until 2026-12-01T00:00:00Z, so nothing stopped it",
    );
  });

  test("an attestation by another identity is not the policy's to judge", () => {
    const world = detectWorld([{ ...payments, signer: "sandbox/default", at: "2026-11-22T02:41:09Z" }]);
    const acts = world.acts.map((act) => ({
      ...act,
      links: act.links.map((link) => ({ ...link, predicateType: "https://spdx.dev/Document" })),
    }));
    expect(detect({ ...world, acts })).toEqual([]);
  });

  test("what repeats within a day is one finding; after a day it is another", () => {
    const found = detect(
      detectWorld(["2026-11-23T10:00:00Z", "2026-11-23T18:00:00Z", "2026-11-24T11:00:00Z"].map(stranger)),
    );
    expect(found.map(({ events }) => events.length)).toEqual([2, 1]);
  });

  test("the same world gives the same ids, in whatever order it is told", () => {
    const scenarios: readonly Scenario[] = [
      { ...payments, signer: "sandbox/default" },
      { ...payments, signer: "payments/builder", run: "none", at: "2026-11-22T02:41:09Z" },
    ];
    const world = detectWorld(scenarios);
    const turned = { ...world, acts: world.acts.toReversed() };
    expect(detect(turned)).toEqual(detect(world));
  });
});

function examplesUnder(page: string, heading: string): readonly Scenario[] {
  const [, section = ""] = page.split(`## ${heading}\n`);
  const [body = ""] = section.split("\n## ");
  return [...body.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = ""]) => JSON.parse(json));
}

function stranger(at: string): Scenario {
  return { ...payments, signer: "sandbox/default", at };
}

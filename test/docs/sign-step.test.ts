import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { RESULTS } from "../../src/app/sign-step/options.ts";

const ROOT = join(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "docs/reference/sign-step.md"), "utf8");

/** The first cells of the table under a heading. */
function cells(heading: string): readonly string[] {
  const [, section = ""] = page.split(`\n## ${heading}\n`);
  const [body = ""] = section.split("\n## ");
  const rows = [...body.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell = ""]) => cell);
  return rows.slice(2).flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code));
}

describe("the page of the signing step", () => {
  test("has every argument, and no other", () => {
    const source = readFileSync(join(ROOT, "src/app/sign-step/options.ts"), "utf8");
    const [, names = ""] = /const NAMES = \[([^\]]*)\]/.exec(source) ?? [];
    expect(cells("Arguments")).toEqual([...names.matchAll(/"([a-z-]+)"/g)].map(([, name]) => `--${name}`));
  });

  test("has every result, and no other", () => {
    expect(cells("Results")).toEqual(RESULTS);
  });

  test("has every field of the placement, and no other", () => {
    const source = readFileSync(join(ROOT, "src/app/sign-step/placement.ts"), "utf8");
    const [, type = ""] = /export type SigningPlacement = \{([\s\S]*?)\n\};/.exec(source) ?? [];
    const fields = [...type.matchAll(/^ {2}readonly ([A-Za-z]+)\??:/gm)].map(([, name]) => name);
    expect(cells("Placement")).toEqual(fields);
  });

  test("names no variable that the tests do not set", () => {
    const tests = readFileSync(join(ROOT, "test/sign-step/environment.test.ts"), "utf8");
    const variables = cells("Environment");
    expect(variables.length).toBeGreaterThan(25);
    expect(variables.filter((name) => !new RegExp(`\\b${name}\\b`).test(tests))).toEqual([]);
  });

  test("has every policy that is rendered", () => {
    const rendered = readFileSync(join(ROOT, "deploy/tekton/admission.yaml"), "utf8");
    const names = [...rendered.matchAll(/policyName: (\S+)/g)].map(([, name]) => name);
    expect(cells("Policies")).toEqual(names);
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EXPORTS } from "../src/core/policy/exports.ts";
import { IMPORTS } from "../src/core/policy/imports.ts";

const foldersOf = (path: string): readonly string[] =>
  readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const idsOf = (formats: readonly { readonly id: string }[]): readonly string[] =>
  formats.map(({ id }) => id).toSorted();

test("every folder of a format is in the list, and reads what it writes", () => {
  expect(idsOf(EXPORTS)).toEqual(foldersOf("src/core/policy/exports").toSorted());
  expect(idsOf(IMPORTS)).toEqual(idsOf(EXPORTS));
});

test.each(idsOf(EXPORTS))("the page of %s says what is the same, narrower and lost, and what has to be set", (id) => {
  const page = readFileSync(`src/core/policy/exports/${id}/export.md`, "utf8");
  expect(page).toMatch(new RegExp(`^# ${id} · `));
  const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  expect(headings.slice(0, 3)).toEqual(["What is the same", "What is narrower", "What is lost"]);
  expect(headings[3]).toMatch(/^What the (?:cluster|node|machine) has to be set to$/);
});

test("the how-to names every format", () => {
  const page = readFileSync("docs/how-to/export-a-policy.md", "utf8");
  for (const id of idsOf(EXPORTS)) expect(page).toContain(`| ${id} |`);
});

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAULTS } from "../../src/core/fault.ts";

const PAGE = join(import.meta.dirname, "../../docs/reference/faults.md");

test("the page of faults is the table of faults (UPDATE_GOLDEN=1 writes it)", () => {
  const rows = Object.entries(FAULTS)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, { exit, message, remedy }]) => `| \`${id}\` | ${exit} | ${cell(message)} | ${cell(remedy)} |`);
  const page = `# Faults

What the environment can do to \`countersign\`, what the exit code is then, and what to do. \`countersign explain ID\` says the
same. An id never changes. Exit codes: 2 usage or configuration, 3 something did not answer, 4 credentials, 5 tamper.

| fault | exit | what it means | what to do |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(PAGE, page);
  expect(readFileSync(PAGE, "utf8")).toBe(page);
});

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

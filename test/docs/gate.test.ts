import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readDocuments } from "../../src/adapters/manifests/documents.ts";
import { COMMANDS } from "../../src/cmd/cli/commands.ts";
import { runCli } from "../../src/cmd/cli/run.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { ALL_GATE_CODES, GATE_HELP, usualExitOf } from "../../src/core/gate/code-help.ts";
import { GATE_CODES } from "../../src/core/gate/codes.ts";
import { readGateConfig } from "../../src/core/gate/config/read-gate-config.ts";
import { recordingIo } from "../setup/io.ts";

const DOCS = join(import.meta.dirname, "../../docs");
const PAGE = join(DOCS, "reference/change-gate.md");
const MARK = "<!-- codes -->\n";

test("the page of the gate ends with the table of codes (UPDATE_GOLDEN=1 writes it)", () => {
  const rows = ALL_GATE_CODES.map((code) => {
    const { means, remedy } = GATE_HELP[code];
    return `| \`${code}\` | ${usualExitOf(code)} | ${[GATE_CODES[code], means, remedy].map(cell).join(" | ")} |`;
  });
  const table = `${MARK}\n| code | exit | what | what it means | what to do |\n| --- | --- | --- | --- | --- |\n${rows.join("\n")}\n`;
  const [before = ""] = readFileSync(PAGE, "utf8").split(MARK);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(PAGE, `${before}${table}`);
  expect(readFileSync(PAGE, "utf8")).toBe(`${before}${table}`);
});

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

test("the page's example of gate.yaml is valid", () => {
  const [, text = ""] = /```yaml\n([\s\S]*?)```/.exec(readFileSync(PAGE, "utf8")) ?? [];
  const { documents, problems } = readDocuments([{ path: "gate.yaml", bytes: toUtf8(text) }]);
  expect([...problems, ...readGateConfig(documents).problems]).toEqual([]);
});

test("the witness that the walk-through shows is the one that the gate finds", async () => {
  const page = readFileSync(join(DOCS, "how-to/gate-a-change.md"), "utf8");
  const [, policy = ""] = /payments\.yaml <<'YAML'\n([\s\S]*?)YAML/.exec(page) ?? [];
  const [, wider = ""] = /sed -i 's#subject: \.\*#(.*?)#'/.exec(page) ?? [];
  const [, shown = ""] = /```text\n([\s\S]*?)```/.exec(page) ?? [];
  const folder = mkdtempSync(join(tmpdir(), "countersign-docs-gate-"));
  for (const [side, text] of [
    ["base", policy],
    ["head", policy.replace(/subject: .*/, wider)],
  ] as const) {
    mkdirSync(join(folder, side, "policies"), { recursive: true });
    writeFileSync(join(folder, side, "policies/payments.yaml"), text);
  }
  const { io, heard } = recordingIo();
  await runCli(["gate", "check", "--base", join(folder, "base"), "--head", join(folder, "head")], io, COMMANDS);
  rmSync(folder, { recursive: true });
  expect(shown).not.toBe("");
  expect(heard.out.startsWith(shown)).toBe(true);
});

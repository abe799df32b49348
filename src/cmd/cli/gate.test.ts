import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { ALL_GATE_CODES } from "../../core/gate/code-help.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-gate-cli-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function gate(...argv: readonly string[]): Promise<Heard> {
  const { io, heard } = recordingIo();
  await runCli(["gate", ...argv], io, COMMANDS);
  return heard;
}

describe("gate explain", () => {
  test.each(ALL_GATE_CODES)("says what %s means and what to do", async (code) => {
    const { out, err, exit } = await gate("explain", code.toLowerCase());
    expect([err, exit]).toEqual(["", 0]);
    expect(out).toMatch(new RegExp(`^${code}: .{5,}\\n {2}means: {3}.{20,}\\.\\n {2}remedy: {2}.{10,}\\.\\n$`));
  });

  test("tells a finding of a report by a part of its id", async () => {
    const report = join(folder, "gate.json");
    const id = `sha256:${"ab12".repeat(16)}`;
    const finding = { id, code: "GP001", message: "accepts \u202Ex", tier: "issuable", waiver: null };
    writeFileSync(report, JSON.stringify({ schema: "countersign.gate.report/v1", findings: [finding], undecided: [] }));
    const { out, exit } = await gate("explain", "sha256:ab12", "--report", report);
    expect(exit).toBe(0);
    expect(out).toContain("  message: accepts \\u{202E}x\n  tier:    issuable\n");
    expect(JSON.parse((await gate("explain", id, "--report", report, "-o", "json")).out)).toMatchObject({
      code: "GP001",
      finding,
    });
    expect(await gate("explain", "sha256:ff", "--report", report)).toMatchObject({ out: "", exit: 2 });
  });

  test.each([
    [["explain", "GP002X"], "did you mean"],
    [["explain", "sha256:1"], "--report"],
    [["explain", "x", "--report", "/nonexistent"], "input.missing"],
    [["explain", "x", "--report", "package.json"], "not a report"],
  ])("%j is refused", async (argv, message) => {
    const { out, err, exit } = await gate(...argv);
    expect([out, exit]).toEqual(["", 2]);
    expect(err).toContain(message);
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { lintPaths } from "../../src/app/wiring/lint.ts";
import { LINT_RULES } from "../../src/core/lint/rules.ts";
import { COMMANDS } from "../../src/cmd/cli/commands.ts";
import { runCli } from "../../src/cmd/cli/run.ts";
import { recordingIo } from "../setup/io.ts";

const FOLDER = join(import.meta.dirname, "../../docs/ci");

/** Folders that the snippets write below, as no machine has them. */
const NOWHERE = "/nonexistent/repository";

describe.each(readdirSync(FOLDER))("docs/ci/%s", (file) => {
  const text = readFileSync(join(FOLDER, file), "utf8");
  const commands = [...text.matchAll(/countersign (gate check [^\n]+)/g)].map(([, command = ""]) => command);

  test("is YAML", () => {
    expect(parse(text)).toBeTypeOf("object");
  });

  test("asks the gate what it understands", async () => {
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      const words = command.replaceAll('"', "").split(" ");
      const { io, heard } = recordingIo({ env: { PATH: process.env["PATH"] } });
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await runCli([...words, "--repo", NOWHERE], io, COMMANDS);
      // Every option is known and has a value that it takes: what is wrong is that there is no repository.
      expect(heard.err).toContain(NOWHERE);
      expect(heard.err).not.toContain("usage:");
    }
  });
});

test("our own lint finds nothing in the Task", async () => {
  const { findings } = await lintPaths({ paths: [join(FOLDER, "tekton-task.yaml")], rules: LINT_RULES });
  expect(findings.filter(({ verdict }) => verdict === "fail")).toEqual([]);
});

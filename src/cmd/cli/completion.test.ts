import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { recordingIo } from "../../../test/setup/io.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

async function scriptOf(shell: string): Promise<string> {
  const { io, heard } = recordingIo();
  await runCli(["completion", shell], io, COMMANDS);
  expect(heard).toMatchObject({ err: "", exit: 0 });
  return heard.out;
}

/** What bash would offer after these words. */
async function offered(words: readonly string[]): Promise<readonly string[]> {
  const typed = words.map((word) => `'${word}'`).join(" ");
  const ask = `COMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}; _countersign 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = spawnSync("bash", ["-c", `${await scriptOf("bash")}\n${ask}`], { encoding: "utf8" });
  return stdout.split("\n").filter((line) => line !== "");
}

describe("completion", () => {
  test.each(["bash", "zsh", "fish", "pwsh"])(
    "the script for %s holds every command and never calls back",
    async (shell) => {
      const script = await scriptOf(shell);
      for (const { name } of COMMANDS) expect(script).toContain(name);
      expect(script).not.toMatch(/\$\(countersign|`countersign/);
    },
  );

  test.each([
    [["countersign", "vers"], ["version"]],
    [
      ["countersign", "config", ""],
      ["check", "show", "schema", "--help"],
    ],
    [["countersign", "config", "sh"], ["show"]],
    [["countersign", "version", "--o"], ["--output"]],
    [["countersign", "completion", "z"], ["zsh"]],
    [
      ["countersign", "event", "list", "-o", ""],
      ["table", "json", "jsonl", "csv"],
    ],
    [["countersign", "event", "list", "--expected", "y"], ["yes"]],
    [["countersign", "event", "list", "-o", "json", "--gr"], ["--grade"]],
    [["countersign", "event", "list", "--log", ""], []],
    [
      ["countersign", "verify", "registry.example/app:v1", "--certificate-identity-r"],
      ["--certificate-identity-regexp"],
    ],
    [["countersign", "verify", "x", "--insecure"], []],
    [
      ["countersign", "ev"],
      ["event", "evidence"],
    ],
  ])("bash offers after %j: %j", async (words, expected) => {
    expect(await offered(words)).toEqual(expected);
  });

  test("an unknown shell is a usage error that names the known ones", async () => {
    const { io, heard } = recordingIo();
    await runCli(["completion", "tcsh"], io, COMMANDS);
    expect(heard.exit).toBe(2);
    expect(heard.err).toContain("bash, zsh, fish, pwsh");
  });
});

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { recordingIo } from "../../../test/setup/io.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

const GOLDEN = join(import.meta.dirname, "../../../test/golden/cli");

/** Every command line whose help is kept: each row and each verb below it. */
async function everyPath(): Promise<readonly (readonly string[])[]> {
  const { io } = recordingIo();
  const below = (path: readonly string[], command: Command): readonly (readonly string[])[] => [
    path,
    ...command.commands.flatMap((verb) => below([...path, verb.name()], verb)),
  ];
  const paths = await Promise.all(COMMANDS.map(async (row) => below([row.name], (await row.load()).command(io))));
  return [[], ...paths.flat()];
}

const paths = await everyPath();

describe("help", () => {
  test.each(paths.map((path) => [["countersign", ...path].join(" "), path] as const))(
    "%s --help is as kept in test/golden/cli",
    async (_, path) => {
      const { io, heard } = recordingIo();
      await runCli([...path, "--help"], io, COMMANDS);
      const file = join(GOLDEN, `${["countersign", ...path].join("-")}.txt`);
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, heard.out);
      expect(heard).toEqual({ out: existsSync(file) ? readFileSync(file, "utf8") : "", err: "", exit: 0 });
    },
  );

  test.each(paths.filter((path) => path.length > 0).map((path) => [path.join(" "), path] as const))(
    "%s has a sentence, examples that name it, and exit codes",
    async (_, path) => {
      const { io, heard } = recordingIo();
      await runCli([...path, "--help"], io, COMMANDS);
      expect(heard.out).toMatch(/\n\n[A-Z][^\n]+\.?\n/);
      const examples = /\nExamples:\n((?: {2}.+\n)+)/.exec(heard.out)?.[1] ?? "";
      expect(examples).toContain(`countersign ${path.join(" ")}`);
      expect(heard.out).toContain("\nExit codes:\n");
    },
  );
});

describe("the table", () => {
  test("names each command once, by its own name, with a summary that is a phrase", async () => {
    expect(new Set(COMMANDS.map(({ name }) => name)).size).toBe(COMMANDS.length);
    for (const { summary } of COMMANDS) expect(summary).toMatch(/^[^A-Z].*[^.]$/);
    const { io } = recordingIo();
    const built = await Promise.all(COMMANDS.map(async (row) => (await row.load()).command(io).name()));
    expect(built).toEqual(COMMANDS.map(({ name }) => name));
  });
});

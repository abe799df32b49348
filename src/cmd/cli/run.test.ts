import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { Fault } from "../../core/fault.ts";
import type { Io } from "../../app/io.ts";
import { commandOf, outputOption } from "./command.ts";
import type { CommandRow } from "./command-row.ts";
import { runCli } from "./run.ts";

/** A table with one verb that does what it is told. */
function rowsDoing(act: (io: Io) => void | Promise<void>): readonly CommandRow[] {
  const command = (io: Io): Command =>
    commandOf("sign", { sentence: "Signs.", examples: ["countersign sign"], exits: [0, 1] })
      .addOption(outputOption(["table", "json"]))
      .action(() => act(io));
  return [
    { name: "sign", summary: "sign things", group: "Sign and verify", load: async () => ({ command }) },
    { name: "verify", summary: "verify things", group: "Sign and verify", load: async () => bugIfLoaded() },
  ];
}

function crash(): never {
  throw new TypeError("ours");
}

function bugIfLoaded(): never {
  throw new Error("loaded a command that was not asked for");
}

async function run(argv: readonly string[], act: (io: Io) => void | Promise<void> = () => undefined): Promise<Heard> {
  const { io, heard } = recordingIo();
  await runCli(argv, io, rowsDoing(act));
  return heard;
}

describe("runCli", () => {
  test.each([
    ["--help", ["--help"]],
    ["nothing", []],
    ["help", ["help"]],
  ])("lists the commands of the table for %s, loads none, and exits 0", async (_, argv) => {
    const { out, err, exit } = await run(argv);
    expect({ err, exit }).toEqual({ err: "", exit: 0 });
    expect(out).toContain("sign things");
    expect(out).toContain("verify things");
  });

  test("prints a command's own help for `help NAME`", async () => {
    expect((await run(["help", "sign"])).out).toContain("Signs.\n");
  });

  test.each([
    ["an unknown command", ["sing"], "(Did you mean sign?)"],
    ["an unknown option", ["sign", "--outptu", "json"], "(Did you mean --output?)"],
    ["an argument too many", ["sign", "more"], "too many arguments"],
    ["a format that the command does not have", ["sign", "-o", "xml"], "Allowed choices are table, json"],
  ])("exits 2 for %s and says what is near", async (_, argv, expected) => {
    const { out, err, exit } = await run(argv);
    expect({ out, exit }).toEqual({ out: "", exit: 2 });
    expect(err).toContain(expected);
  });

  test("explains a fault with its remedy and exits with its code", async () => {
    const { err, exit } = await run(["sign"], () => {
      throw new Fault("registry.unauthorized", "registry.example");
    });
    expect(exit).toBe(4);
    expect(err).toContain("registry.unauthorized");
    expect(err).toContain("remedy:");
  });

  test("exits 70 with a support id for a bug, the same id for the same place", async () => {
    const [first, second] = [await run(["sign"], crash), await run(["sign"], crash)];
    expect(first.exit).toBe(70);
    expect(first.err).toMatch(/internal error [0-9a-f]{10}/);
    expect(first.err).toContain("TypeError: ours");
    expect(second.err).toBe(first.err);
  });

  test.each([
    ["ENOSPC", "/data/x", 2, /^output[.]unwritable: .+\n {2}about: {2}[/]data[/]x\n/],
    ["EROFS", undefined, 2, /^output[.]unwritable: .+\n {2}about: {2}EROFS\n/],
    ["EBADF", "/data/x", 70, /^internal error/],
  ])("a disk that answers %s about %s: exit %i", async (code, path, expected, text) => {
    const { err, exit } = await run(["sign"], () => {
      throw Object.assign(new Error(`${code}: no`), { code, path });
    });
    expect(exit).toBe(expected);
    expect(err).toMatch(text);
  });

  test.each([
    [[1, 3, 0], 1],
    [[3, 0], 3],
    [[0, 3, 5, 1], 5],
    [[2, 1], 2],
    [[4, 2], 4],
  ] as const)("of the codes %j the gravest stays: %i", async (codes, expected) => {
    const { exit } = await run(["sign"], (io) => {
      for (const code of codes) io.exit(code);
    });
    expect(exit).toBe(expected);
  });

  test("is silent about what a command throws because it was interrupted", async () => {
    const stop = new AbortController();
    const { io, heard } = recordingIo({ signal: stop.signal });
    const rows = rowsDoing(async () => {
      stop.abort(new Error("SIGINT"));
      stop.signal.throwIfAborted();
    });
    await runCli(["sign"], io, rows);
    expect(heard).toEqual({ out: "", err: "", exit: 0 });
  });
});

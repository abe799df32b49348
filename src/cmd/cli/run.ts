import { Command, CommanderError } from "commander";
import { explainFailure } from "../../app/exit.ts";
import type { ExitCode, Io } from "../../app/io.ts";
import { Fault } from "../../core/fault.ts";
import { COMMAND_GROUPS, type CommandRow } from "./command-row.ts";
import { commandOf } from "./command.ts";

/** Commander's own 1 would read as a verdict: "fail". */
const EXIT_USAGE: ExitCode = 2;

/** Runs one command line, without `node` and the script. Always resolves: what went wrong is on stderr and in `io.exit`. */
export async function runCli(argv: readonly string[], io: Io, rows: readonly CommandRow[]): Promise<void> {
  try {
    const words = argv.length === 0 ? ["--help"] : argv[0] === "--version" ? ["version", ...argv.slice(1)] : argv;
    const program = await programOf(words, io, rows);
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    settle(error, io);
  }
}

/** The root with a stub for each command, of which the one that is asked for has been replaced by itself. */
async function programOf(argv: readonly string[], io: Io, rows: readonly CommandRow[]): Promise<Command> {
  const wanted = argv[0] === "help" ? argv[1] : argv[0];
  const asked = rows.find(({ name }) => name === wanted);
  const loaded = asked ? (await asked.load()).command(io).summary(asked.summary) : undefined;
  const program = rootCommand(io);
  for (const row of rows.toSorted(byGroup)) {
    adopt(program, (row === asked && loaded ? loaded : stubOf(row)).helpGroup(`${row.group}:`));
  }
  return program;
}

/** Stable: within a group the table's own order stays. */
function byGroup(a: CommandRow, b: CommandRow): number {
  return COMMAND_GROUPS.indexOf(a.group) - COMMAND_GROUPS.indexOf(b.group);
}

function rootCommand(io: Io): Command {
  return commandOf("countersign", {
    sentence: "Proves, all the time, who signed what runs.",
    examples: ["countersign demo", "countersign doctor", "countersign explain store.busy"],
    exits: [0, 1, 3, 4, 5, 70],
  })
    .usage("NOUN VERB [ARG] [flags]")
    .exitOverride()
    .commandsGroup("This program:")
    .helpCommand("help [command]", "show what a command does")
    .configureHelp({ subcommandTerm: (command) => command.name(), minWidthToWrap: 30 })
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      getOutHelpWidth: () => helpWidth(io.outTerminal.columns),
      getErrHelpWidth: () => helpWidth(io.errTerminal.columns),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) => write(text.replace(/^error: /, "usage: ")),
    })
    .option("--version", "print the version")
    .showHelpAfterError("(add --help for what this command takes)");
}

/** Lines longer than this are harder to read, however wide the terminal is. */
const HELP_COLUMNS_MAX = 100;

function helpWidth(columns: number): number {
  return Math.min(columns, HELP_COLUMNS_MAX);
}

function stubOf(row: CommandRow): Command {
  return new Command(row.name).summary(row.summary).description(row.summary);
}

/** Adds a command with all below it. Commander hands settings down when a command is made, and these were made before they had a parent. */
function adopt(parent: Command, command: Command): void {
  parent.addCommand(command);
  inherit(parent, command);
}

function inherit(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inherit(command, child);
}

function settle(error: unknown, io: Io): void {
  if (error instanceof CommanderError) {
    io.exit(error.exitCode === 0 ? 0 : EXIT_USAGE);
    return;
  }
  // What a command throws because it was told to stop is not a failure; the signal has set the code.
  if (io.signal.aborted && !(error instanceof Fault)) return;
  const { text, exit } = explainFailure(error, (io.env["COUNTERSIGN_DEBUG"] ?? "") !== "");
  io.err(text);
  io.exit(exit);
}

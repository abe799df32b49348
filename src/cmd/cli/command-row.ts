import type { Command } from "commander";
import type { Io } from "../../app/io.ts";

/**
 * What a command's file exports. To add a command:
 *
 * 1. `src/cmd/cli/<name>.ts` exports `command(io: Io): Command`, made with `commandOf` of `command.ts`. For tests it takes
 *    what it calls as a second parameter that defaults to the wired one:
 *    `export function command(io: Io, wired: Wired = wireVerify): Command`. A noun returns a Command with its verbs as
 *    subcommands. Nothing is opened or loaded before `action` runs.
 * 2. The wiring it defaults to stands in `src/app/wiring/<name>.ts`: `(config: Config) => …`, adapters into capabilities.
 * 3. One row in `commands.ts`. `test/golden/cli/<name>.txt` keeps its help (`UPDATE_GOLDEN=1 vitest run src/cmd/cli`).
 *
 * In `action`: the result goes through `emit` to stdout, all else through `io.err`; ask for an exit code with `io.exit`
 * (`exitCodeOf(verdict)`), and let a `Fault` fly: `run.ts` explains it and picks its code. Nothing here calls
 * `process.exit` or sets `process.exitCode`. Long work watches `io.signal`.
 */
export type CommandModule = { readonly command: (io: Io) => Command };

export type CommandRow = {
  readonly name: string;
  /** One line, lower case, no full stop. */
  readonly summary: string;
  readonly group: CommandGroup;
  readonly load: () => Promise<CommandModule>;
};

/** The order of the groups in `countersign --help`. */
export const COMMAND_GROUPS = ["See it work", "Sign and verify", "Look", "Operate", "This program"] as const;
export type CommandGroup = (typeof COMMAND_GROUPS)[number];

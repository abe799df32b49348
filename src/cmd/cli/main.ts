import { processIo } from "../../app/process-io.ts";
import { runCli } from "./run.ts";
import { COMMANDS } from "./commands.ts";

/** `countersign`: nothing but commander and the table of commands is loaded before the command is known. */
await runCli(process.argv.slice(2), processIo(process), COMMANDS);

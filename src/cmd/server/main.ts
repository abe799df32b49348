import { processIo } from "../../app/process-io.ts";
import { COMMANDS } from "../cli/commands.ts";
import { runCli } from "../cli/run.ts";

/** The server's own process, which images start: `countersign serve`, with the same options and exit codes. */
await runCli(["serve", ...process.argv.slice(2)], processIo(process), COMMANDS);

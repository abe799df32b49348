import type { Command } from "commander";
import type { DemoRequest } from "../../app/demo/demo.ts";
import type { Io } from "../../app/io.ts";
import { commandOf, CONNECTION, INPUT, optionOf, OUTPUT, outputOption, wholeNumber } from "./command.ts";

/** Plays the demo; loaded when the command runs. */
export type RunDemo = (io: Io, request: DemoRequest) => Promise<void>;
const runReal: RunDemo = async (io, request) => (await import("../../app/demo/demo.ts")).runDemo(io, request);

const PORT = 7443;
const DAYS = 28;
const EVENTS = 5000;

/** `countersign demo`: the whole product over a world of stand-ins, in one process. */
export function command(io: Io, run: RunDemo = runReal): Command {
  return commandOf("demo", {
    sentence:
      "Plays 28 days of three teams' pipelines against stand-ins on this machine, and serves the console over it.",
    examples: [
      "countersign demo",
      "countersign demo --once --output json",
      "countersign demo --keep ./demo --events 500 --port 0",
    ],
    exits: [0, 3],
    seeAlso: ["countersign investigate", "countersign verify", "countersign workload list"],
  })
    .addOption(
      optionOf(INPUT, "--seed <n>", "the same seed tells the same story")
        .argParser(wholeNumber(0, 2 ** 31))
        .default(1),
    )
    .addOption(optionOf(INPUT, "--days <n>", "of history").argParser(wholeNumber(7, 400)).default(DAYS))
    .addOption(
      optionOf(INPUT, "--events <n>", "signing events in the history")
        .argParser(wholeNumber(10, 100_000))
        .default(EVENTS),
    )
    .addOption(optionOf(INPUT, "--once", "tell the story, say what came of it, and end").default(false))
    .addOption(optionOf(OUTPUT, "--keep <dir>", "keep everything in a folder, and go on from there the next time"))
    .addOption(
      optionOf(CONNECTION, "--port <port>", "of the console on loopback; 0 takes a free one")
        .argParser(wholeNumber(0, 65_535))
        .default(PORT),
    )
    .addOption(optionOf(CONNECTION, "--no-open", "accepted for scripts: no browser is ever opened"))
    .addOption(outputOption<"text" | "json">(["text", "json"]))
    .action(async (request: DemoRequest) => {
      await run(io, request);
    });
}

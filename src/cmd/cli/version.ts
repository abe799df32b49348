import type { Command } from "commander";
import { emit, type Format } from "../../app/output/emit.ts";
import type { Io } from "../../app/io.ts";
import { packageVersion } from "../../app/package-version.ts";
import { PRODUCT } from "../../core/names.ts";
import { commandOf, outputOption } from "./command.ts";

/** `countersign version`: this program's version and the Node it runs on. */
export function command(io: Io): Command {
  return commandOf("version", {
    sentence: "Prints the version of this program and of the Node it runs on.",
    examples: ["countersign version", "countersign version -o json", "countersign --version"],
    exits: [0],
  })
    .addOption(outputOption<Format>(["text", "json"]))
    .action(async (options: { output: Format }) => {
      const json = {
        name: PRODUCT,
        version: packageVersion(),
        node: process.version,
        platform: process.platform,
        arch: process.arch,
      };
      const text = (): string => `${json.name} ${json.version} (node ${json.node}, ${json.platform}-${json.arch})\n`;
      await emit(io, options.output, { json, text });
    });
}

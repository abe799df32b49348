import { Command, InvalidArgumentError, Option } from "commander";
import { EXITS } from "../../app/exit.ts";
import type { ExitCode } from "../../app/io.ts";

/** What `--help` prints beyond arguments and options (product chapter §2.1 rule 8). */
export type CommandHelp = {
  /** One sentence. */
  readonly sentence: string;
  /** Command lines that work, without `$`. Three for a verb. */
  readonly examples: readonly string[];
  /** The codes that the command can return beside 2, 70 and 130, which all can. */
  readonly exits: readonly ExitCode[];
  readonly seeAlso?: readonly string[];
};

/** A commander Command with our help. `name` is the last word as typed: `verify`, `list`. */
export function commandOf(name: string, help: CommandHelp): Command {
  const exits = [...new Set<ExitCode>([...help.exits, 2])].toSorted((a, b) => a - b);
  return new Command(name).description(help.sentence).addHelpText("after", () =>
    [
      section("Examples:", help.examples),
      section(
        "Exit codes:",
        exits.map((code) => `${String(code).padEnd(3)} ${EXITS[code]}`),
      ),
      ...(help.seeAlso ? [`\nSee also: ${help.seeAlso.join(", ")}`] : []),
    ].join("\n"),
  );
}

function section(heading: string, lines: readonly string[]): string {
  return ["", heading, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** The headings under which options stand, in this order. */
export const INPUT = "Input options:";
export const TRUST = "Trust options:";
export const OUTPUT = "Output options:";
export const CONNECTION = "Connection options:";

/** An option under a heading. */
export function optionOf(heading: string, flags: string, description: string): Option {
  return new Option(flags, description).helpGroup(heading);
}

/** `-o, --output`: the first of the formats is the default. */
export function outputOption<F extends string>(formats: readonly [F, ...F[]]): Option {
  return optionOf(OUTPUT, "-o, --output <format>", "how the result is printed").choices(formats).default(formats[0]);
}

/** `--config FILE`, for commands that read the configuration. */
export function configOption(): Option {
  return optionOf(CONNECTION, "--config <file>", "configuration file, instead of the ones looked for");
}

/** Collects a repeatable option. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** An argument parser for whole numbers within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,15}$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`A whole number from ${min} to ${max}.`);
  };
}

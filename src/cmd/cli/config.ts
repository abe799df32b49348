import type { Command } from "commander";
import { readEffectiveConfig } from "../../app/config/read.ts";
import { configJsonSchema } from "../../app/config/schema.ts";
import { unusedParts } from "../../app/config/unused.ts";
import { renderConfig, sourcesOf } from "../../app/config/show.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import type { EffectiveConfig } from "../../app/config/effective.ts";
import type { Io } from "../../app/io.ts";
import { paintFor } from "../../app/output/paint.ts";
import { visible } from "../../app/output/visible.ts";
import { Fault } from "../../core/fault.ts";
import { commandOf, configOption, outputOption } from "./command.ts";

type Options = { readonly config?: string; readonly output: Format };

/** `countersign config`: what holds, and why. */
export function command(io: Io): Command {
  return commandOf("config", {
    sentence: "Shows and checks the configuration: flag over environment over file over default.",
    examples: ["countersign config check", "countersign config show", "countersign config schema"],
    exits: [0],
  })
    .addCommand(checkCommand(io))
    .addCommand(showCommand(io))
    .addCommand(schemaCommand(io));
}

function checkCommand(io: Io): Command {
  return commandOf("check", {
    sentence: "Says everything that is wrong with the configuration, with file, line and what to write.",
    examples: [
      "countersign config check",
      "countersign config check --config ./countersign.yaml",
      "countersign config check -o json",
    ],
    exits: [0],
    seeAlso: ["countersign config show", "countersign config schema"],
  })
    .addOption(configOption())
    .addOption(outputOption<Format>(["text", "json"]))
    .action(async (options: Options) => {
      const { config, problems } = await readEffectiveConfig({ env: io.env, file: options.config });
      const unused = config ? unusedParts(config) : [];
      const json = {
        ok: config !== undefined,
        problems: problems.map(({ severity, text }) => ({ severity, text })),
        unused,
      };
      await emit(io, options.output, { json, text: () => renderProblems(io, problems) + renderUnused(io, unused) });
      if (!config) io.exit(2);
    });
}

function renderProblems(io: Io, problems: EffectiveConfig["problems"]): string {
  const paint = paintFor(io, io.outTerminal);
  if (problems.length === 0) return `${paint.symbol("ok")} the configuration is valid\n`;
  return problems
    .map(
      ({ severity, text }) =>
        `${paint.symbol(severity === "error" ? "finding" : "warn")} ${severity} ${visible(text)}\n`,
    )
    .join("");
}

function renderUnused(io: Io, unused: readonly string[]): string {
  const symbol = paintFor(io, io.outTerminal).symbol("warn");
  return unused.map((path) => `${symbol} note ${path}: read, and nothing in this version acts on it\n`).join("");
}

function showCommand(io: Io): Command {
  return commandOf("show", {
    sentence: "Prints every value that holds, defaults included, and where each comes from.",
    examples: [
      "countersign config show",
      "COUNTERSIGN_STORE_URL=sqlite:/data/cs.db countersign config show",
      "countersign config show -o json",
    ],
    exits: [0],
    seeAlso: ["countersign config check"],
  })
    .addOption(configOption())
    .addOption(outputOption<Format>(["text", "json"]))
    .action(async (options: Options) => {
      const { config, problems, sourceOf } = await readEffectiveConfig({ env: io.env, file: options.config });
      if (!config) throw new Fault("config.invalid", problems[0]?.text ?? "configuration");
      await emit(io, options.output, {
        json: { config: structuredClone(config), sources: sourcesOf(config, sourceOf) },
        text: () => renderConfig(config, sourceOf),
      });
    });
}

function schemaCommand(io: Io): Command {
  return commandOf("schema", {
    sentence: "Prints the JSON Schema of the configuration file, for editors.",
    examples: [
      "countersign config schema > countersign.schema.json",
      "countersign config schema | head",
      "countersign config schema -o json",
    ],
    exits: [0],
  })
    .addOption(outputOption<Format>(["json"]))
    .action(() => {
      io.out(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
    });
}

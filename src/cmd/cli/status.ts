import type { Command } from "commander";
import { readConfig } from "../../app/config/read.ts";
import { exitOfProbe } from "../../app/doctor/probe.ts";
import { type StatusInput, toStatusLines } from "../../app/doctor/status.ts";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { renderProbed } from "./render-probed.ts";
import { renderRfc3339 } from "../../core/time.ts";
import { commandOf, configOption, CONNECTION, optionOf, outputOption } from "./command.ts";

/** Reads the store at a path; loaded when the command runs. */
export type ReadStatus = (path: string) => Promise<StatusInput>;
const readReal: ReadStatus = async (path) => (await import("../../app/wiring/status.ts")).readStatus(path);

type Options = { readonly config?: string; readonly store?: string; readonly output: Format };

/** `countersign status`: how well does the store see, at a glance? */
export function command(io: Io, read: ReadStatus = readReal): Command {
  return commandOf("status", {
    sentence: "Shows on one screen how far each log is followed and proven, and what is not seen.",
    examples: ["countersign status", "countersign status --store countersign.db", "countersign status -o json"],
    exits: [0, 1, 3, 5],
    seeAlso: ["countersign doctor"],
  })
    .addOption(optionOf(CONNECTION, "--store <file>", "an embedded store, instead of the configured one"))
    .addOption(outputOption<Format>(["table", "json"]))
    .addOption(configOption())
    .action(async (options: Options) => {
      const path = options.store ?? (await configuredStore(io, options));
      const now = io.now();
      const lines = toStatusLines(await read(path), now);
      const items = lines.map(({ group, name, state, detail, fix }) => ({
        group,
        name,
        state,
        detail,
        fix: fix ?? null,
      }));
      if (options.output === "table") io.out(renderProbed(io, lines));
      else await emit(io, options.output, { json: { asOf: renderRfc3339(now), items } });
      for (const line of lines) io.exit(exitOfProbe(line));
    });
}

async function configuredStore(io: Io, { config }: Options): Promise<string> {
  const { store } = await readConfig({ env: io.env, file: config });
  return store.url.replace(/^sqlite:/, "");
}

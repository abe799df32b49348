import type { Command } from "commander";
import { readConfig } from "../../app/config/read.ts";
import { parseDurationMs } from "../../app/config/units.ts";
import { exitOfProbe, PROBE_GROUPS, type Probed, runProbes } from "../../app/doctor/probe.ts";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import type { Doctor } from "../../app/wiring/doctor.ts";
import type { Config } from "../../app/config/config.ts";
import { Fault } from "../../core/fault.ts";
import { commandOf, configOption, CONNECTION, INPUT, optionOf, outputOption } from "./command.ts";
import { renderProbed } from "./render-probed.ts";

/** Opens the probes of a configuration; loaded when the command runs. */
export type OpenDoctor = (config: Config, env: Io["env"]) => Promise<Doctor>;
const openReal: OpenDoctor = async (config, env) =>
  (await import("../../app/wiring/doctor.ts")).openDoctor(config, env);

type Options = { readonly config?: string; readonly output: Format; readonly only?: string; readonly timeout: string };

/** `countersign doctor`: does each link of the chain work, and if not, what mends it? */
export function command(io: Io, open: OpenDoctor = openReal): Command {
  return commandOf("doctor", {
    sentence: "Looks at each link that the configuration names, and says what mends the broken ones.",
    examples: ["countersign doctor", "countersign doctor --only logs --timeout 5s", "countersign doctor -o json"],
    exits: [0, 1, 3, 4, 5],
    seeAlso: ["countersign status", "countersign config check"],
  })
    .addOption(optionOf(INPUT, "--only <group>", "one group of probes").choices(PROBE_GROUPS))
    .addOption(optionOf(CONNECTION, "--timeout <duration>", "for all probes together").default("30s"))
    .addOption(outputOption<Format>(["table", "json"]))
    .addOption(configOption())
    .action(async (options: Options) => {
      const timeoutMs = parseDurationMs(options.timeout);
      if (timeoutMs === undefined) throw new Fault("input.malformed", `--timeout ${options.timeout}: such as 30s`);
      const config = await readConfig({ env: io.env, file: options.config });
      const { probes, close } = await open(config, io.env);
      try {
        const chosen = probes.filter(({ group }) => options.only === undefined || group === options.only);
        const signal = AbortSignal.any([io.signal, AbortSignal.timeout(timeoutMs)]);
        await report(io, options.output, await runProbes(chosen, signal));
      } finally {
        await close();
      }
    });
}

async function report(io: Io, format: Format, probed: readonly Probed[]): Promise<void> {
  const json = {
    probes: probed.map(({ group, name, state, detail, fix }) => ({ group, name, state, detail, fix: fix ?? null })),
  };
  if (format === "table") io.out(renderProbed(io, probed));
  else await emit(io, format, { json });
  for (const result of probed) io.exit(exitOfProbe(result));
}

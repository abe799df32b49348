import { type Command, InvalidArgumentError } from "commander";
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
export type OpenDoctor = (config: Config, env: Io["env"], account: AccountName) => Promise<Doctor>;
const openReal: OpenDoctor = async (config, env, account) =>
  (await import("../../app/wiring/doctor.ts")).openDoctor(config, env, account);

type AccountName = { readonly namespace: string; readonly serviceAccount: string };
type Options = {
  readonly config?: string;
  readonly output: Format;
  readonly only?: string;
  readonly deep?: boolean;
  readonly serviceAccount: AccountName;
  readonly timeout: string;
};

/** `countersign doctor`: does each link of the chain work, and if not, what mends it? */
export function command(io: Io, open: OpenDoctor = openReal): Command {
  return commandOf("doctor", {
    sentence: "Looks at each link that the configuration names, and says what mends the broken ones.",
    examples: [
      "countersign doctor",
      "countersign doctor --only logs --timeout 5s",
      "countersign doctor --only cluster-issuer --service-account ci/doctor",
    ],
    exits: [0, 1, 3, 4, 5],
    seeAlso: ["countersign status", "countersign config check"],
  })
    .addOption(optionOf(INPUT, "--only <group>", "one group of probes").choices(PROBE_GROUPS))
    .addOption(
      optionOf(
        INPUT,
        "--deep",
        "also what leaves a trace: cluster-issuer asks for a token, and for a certificate for a key that nobody keeps",
      ),
    )
    .addOption(
      optionOf(INPUT, "--service-account <namespace/name>", "whose token cluster-issuer asks for")
        .argParser(parseAccount)
        .default(ACCOUNT, `${ACCOUNT.namespace}/${ACCOUNT.serviceAccount}`),
    )
    .addOption(optionOf(CONNECTION, "--timeout <duration>", "for all probes together").default("30s"))
    .addOption(outputOption<Format>(["table", "json"]))
    .addOption(configOption())
    .action(async (options: Options) => {
      const timeoutMs = parseDurationMs(options.timeout);
      if (timeoutMs === undefined) throw new Fault("input.malformed", `--timeout ${options.timeout}: such as 30s`);
      const config = await readConfig({ env: io.env, file: options.config });
      const { probes, close } = await open(config, io.env, options.serviceAccount);
      try {
        const { only, deep = false } = options;
        // Asked for by name, or with all that leaves a trace: never by somebody who only wants to look.
        const chosen = probes.filter(({ group }) =>
          only === undefined ? deep || group !== DEEP_GROUP : group === only,
        );
        const signal = AbortSignal.any([io.signal, AbortSignal.timeout(timeoutMs)]);
        await report(io, options.output, await runProbes(chosen, signal));
      } finally {
        await close();
      }
    });
}

/** The one group whose questions leave something behind. */
const DEEP_GROUP = "cluster-issuer";
const ACCOUNT: AccountName = { namespace: "countersign", serviceAccount: "countersign-doctor" };

function parseAccount(text: string): AccountName {
  const [, namespace, serviceAccount] = /^([a-z0-9-]{1,63})\/([a-z0-9.-]{1,253})$/.exec(text) ?? [];
  if (namespace !== undefined && serviceAccount !== undefined) return { namespace, serviceAccount };
  throw new InvalidArgumentError("NAMESPACE/NAME, such as ci/doctor.");
}

async function report(io: Io, format: Format, probed: readonly Probed[]): Promise<void> {
  const json = {
    probes: probed.map(({ group, name, state, detail, fix }) => ({ group, name, state, detail, fix: fix ?? null })),
  };
  if (format === "table") io.out(renderProbed(io, probed));
  else await emit(io, format, { json });
  for (const result of probed) io.exit(exitOfProbe(result));
}

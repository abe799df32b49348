import { join } from "node:path";
import { Argument, type Command } from "commander";
import type { Io } from "../../app/io.ts";
import { renderLoss, toFiles } from "../../app/policy/render-exchange.ts";
import type { ExchangeSetup } from "../../app/wiring/policy-exchange.ts";
import { makeOutputFolder, writeOutput } from "../../app/write-output.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { policyHash } from "../../core/policy/canonical.ts";
import { EXPORTS } from "../../core/policy/exports.ts";
import type { ExchangeContext, Exported, Loss } from "../../core/policy/exports/engine.ts";
import type { TrustPolicySet } from "../../core/policy/trust-policy.ts";
import { collect, commandOf, configOption, INPUT, OUTPUT, optionOf } from "./command.ts";
import { openWhole } from "./open-policy.ts";

/** Reads what engines have to be told; loaded when the command runs. */
export type OpenExchange = (setup: ExchangeSetup, signal: AbortSignal) => Promise<ExchangeContext>;

export const openRealExchange: OpenExchange = async (setup, signal) =>
  (await import("../../app/wiring/policy-exchange.ts")).openExchange(setup, signal);

type Options = {
  readonly to: string;
  readonly accept?: readonly string[];
  readonly out?: string;
  readonly lossReport?: string;
  readonly repositories?: string;
  readonly config?: string;
};

/** `countersign policy export`: the same policy in another verifier's language, and what is lost in it. */
export function exportCommand(io: Io, open: OpenExchange = openRealExchange): Command {
  return commandOf("export", {
    sentence: "Writes a policy for another verifier, proven to admit no more, and says what is lost.",
    examples: [
      "countersign policy export policies/ --to policy-controller --out deploy/",
      "countersign policy export policies/ --to kyverno --loss-report losses.json",
      "countersign policy export policies/ --to openshift --accept vendor/sct/vendor-key",
    ],
    exits: [0, 1, 3],
    seeAlso: ["countersign policy import", "countersign policy check"],
  })
    .addArgument(new Argument("<path...>", "policy files, or folders of them"))
    .addOption(
      optionOf(OUTPUT, "--to <format>", "the verifier")
        .choices(EXPORTS.map(({ id }) => id))
        .makeOptionMandatory(),
    )
    .addOption(optionOf(INPUT, "--accept <id>", "accept a loss; can be repeated").argParser(collect))
    .addOption(optionOf(INPUT, "--repositories <file>", "repositories that exist, one a line, for notation"))
    .addOption(optionOf(OUTPUT, "--out <folder>", "write files there, instead of the first one to stdout"))
    .addOption(optionOf(OUTPUT, "--loss-report <file>", "write all losses there, as JSON"))
    .addOption(configOption())
    .action(async (paths: readonly string[], options: Options) => {
      const { policy, exceptions } = await openWhole(io, paths, options);
      const known = await open(
        { env: io.env, config: options.config, repositories: options.repositories, domains: rootsOf(policy) },
        io.signal,
      );
      // One that has ended excuses nothing here either.
      const context = { ...known, exceptions: exceptions.filter(({ ends }) => ends > io.now()) };
      const format = EXPORTS.find(({ id }) => id === options.to);
      if (!format) throw new Fault("input.malformed", `--to ${options.to}`);
      const exported = format.export(policy, new Set(options.accept), context);
      refuseStrangers(options.accept ?? [], exported.losses);
      await write(io, exported, policy, options);
    });
}

/** An id that names no loss is a misspelling, or a loss that is gone: neither is passed over. */
function refuseStrangers(accepted: readonly string[], losses: readonly Loss[]): void {
  const known = new Set(losses.map(({ id }) => id));
  const unknown = accepted.filter((id) => !known.has(id));
  if (unknown.length > 0) throw new Fault("input.malformed", `--accept ${unknown.join(", ")}: no loss of this export`);
}

function rootsOf({ authorities }: TrustPolicySet): readonly string[] {
  return Object.values(authorities).flatMap((authority) => {
    if (authority.kind === "sigstore") return [authority.root];
    return authority.kind === "key" && authority.log ? [authority.log.root] : [];
  });
}

async function write(io: Io, exported: Exported, policy: TrustPolicySet, options: Options): Promise<void> {
  const { documents, losses, refused } = exported;
  const files = toFiles(options.to, documents);
  if (options.out === undefined) {
    const [first, ...others] = files;
    if (first) io.out(first.text);
    for (const { name } of others) io.err(`not shown: ${name} (write it with --out)\n`);
  } else {
    makeOutputFolder(options.out);
    for (const { name, text } of files) {
      // oxlint-disable-next-line no-await-in-loop -- a few files, in order
      await writeOutput(join(options.out, name), toUtf8(text));
      io.err(`wrote ${join(options.out, name)}\n`);
    }
  }
  for (const loss of losses) io.err(renderLoss(loss, loss.accepted));
  if (refused.length > 0) io.err(`refused: ${refused.join(", ")}: nothing is admitted there for them\n`);
  if (options.lossReport !== undefined) {
    const report = { format: options.to, policy: policy.name, hash: policyHash(policy), refused, losses };
    await writeOutput(options.lossReport, toUtf8(`${JSON.stringify(report, null, 2)}\n`));
  }
  const isLess = losses.some(({ kind, accepted }) => kind !== "cluster-setting" && !accepted);
  if (isLess || refused.length > 0) io.exit(1);
}

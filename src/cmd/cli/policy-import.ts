import { Argument, type Command } from "commander";
import type { Io } from "../../app/io.ts";
import { renderImported, renderLoss } from "../../app/policy/render-exchange.ts";
import { writeOutput } from "../../app/write-output.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { IMPORTS } from "../../core/policy/imports.ts";
import { toPolicyDocument } from "../../core/policy/imports/to-document.ts";
import { commandOf, configOption, INPUT, OUTPUT, optionOf } from "./command.ts";
import { openRealExchange, type OpenExchange } from "./policy-export.ts";

type Options = { readonly from: string; readonly lossReport?: string; readonly config?: string };

/** `countersign policy import`: what another verifier is told, as a policy of ours that admits no more. */
export function importCommand(io: Io, open: OpenExchange = openRealExchange): Command {
  return commandOf("import", {
    sentence: "Reads the policies of another verifier as a trust policy; what cannot be said is denied, and listed.",
    examples: [
      "countersign policy import cluster-image-policies.yaml --from policy-controller > policy.yaml",
      "countersign policy import kyverno/ --from kyverno --loss-report losses.json > policy.yaml",
      "countersign policy import /etc/containers/policy.json --from containers-policy",
    ],
    exits: [0, 1, 3],
    seeAlso: ["countersign policy export", "countersign policy check"],
  })
    .addArgument(new Argument("<path...>", "files of the verifier, or folders of them"))
    .addOption(
      optionOf(INPUT, "--from <format>", "the verifier")
        .choices(IMPORTS.map(({ id }) => id))
        .makeOptionMandatory(),
    )
    .addOption(optionOf(OUTPUT, "--loss-report <file>", "write all losses there, as JSON"))
    .addOption(configOption())
    .action(async (paths: readonly string[], options: Options) => {
      const format = IMPORTS.find(({ id }) => id === options.from);
      if (!format) throw new Fault("input.malformed", `--from ${options.from}`);
      const { openForeign } = await import("../../app/wiring/policy-exchange.ts");
      const [documents, context] = await Promise.all([
        openForeign(paths),
        open({ env: io.env, config: options.config }, io.signal),
      ]);
      const { policy, losses } = format.import(documents, context);
      io.out(renderImported(toPolicyDocument(policy), losses));
      for (const loss of losses) io.err(renderLoss(loss, false));
      if (options.lossReport !== undefined) {
        const report = { format: options.from, losses };
        await writeOutput(options.lossReport, toUtf8(`${JSON.stringify(report, null, 2)}\n`));
      }
      if (losses.some(({ kind }) => kind !== "note")) io.exit(1);
    });
}

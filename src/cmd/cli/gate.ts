import { Argument, type Command } from "commander";
import { explainGate, renderExplained } from "../../app/gate/explain-code.ts";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { commandOf, INPUT, optionOf, outputOption } from "./command.ts";

/** `countersign gate`: does a change loosen trust? */
export function command(io: Io): Command {
  return commandOf("gate", {
    sentence: "Refuses changes that accept more than before, bring in unmanaged identities or weaken signing.",
    examples: ["countersign gate explain GP001"],
    exits: [0],
  }).addCommand(explainCommand(io));
}

type ExplainOptions = { readonly output: Format; readonly report?: string };

function explainCommand(io: Io): Command {
  return commandOf("explain", {
    sentence: "Says what a code of the gate means and what to do, or tells one finding of a report in full.",
    examples: [
      "countersign gate explain GP001",
      "countersign gate explain gs002 -o json",
      "countersign gate explain sha256:3f2a --report gate.json",
    ],
    exits: [0],
    seeAlso: ["countersign gate check", "countersign explain"],
  })
    .addArgument(new Argument("<code>", "a code such as GP001; with --report the id of a finding, or a part of it"))
    .addOption(optionOf(INPUT, "--report <file>", "what `gate check -o json` wrote"))
    .addOption(outputOption<Format>(["text", "json"]))
    .action(async (name: string, { output, report }: ExplainOptions) => {
      const explained = await explainGate(name, report);
      const { finding, ...code } = explained;
      await emit(io, output, {
        json: { ...code, ...(finding && { finding }) },
        text: () => renderExplained(explained),
      });
    });
}

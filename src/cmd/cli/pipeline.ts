import { Argument, type Command } from "commander";
import type { Io } from "../../app/io.ts";
import { commandOf } from "./command.ts";
import { lintCommand } from "./pipeline-lint.ts";
import { renderCommand } from "./pipeline-render.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import type { PipelineItem } from "../../app/lint/list-definitions.ts";
import { outputOption } from "./command.ts";

/** `countersign pipeline`: what pipeline definitions say, and what is wrong with it. */
export function command(io: Io): Command {
  return commandOf("pipeline", {
    sentence:
      "Judges and lists Tekton definitions (Tasks, Pipelines, runs, Triggers, controllers' configuration), and prints the signing Task.",
    examples: [
      "countersign pipeline lint .tekton/",
      "countersign pipeline list deploy/",
      "countersign pipeline render --part task --image registry.example/tools/sign-step@sha256:…",
    ],
    exits: [0, 1],
    seeAlso: ["countersign explain"],
  })
    .addCommand(lintCommand(io))
    .addCommand(listCommand(io))
    .addCommand(renderCommand(io));
}

function listCommand(io: Io): Command {
  return commandOf("list", {
    sentence: "Lists the Tasks, Pipelines and runs in files, and which of them sign.",
    examples: [
      "countersign pipeline list",
      "countersign pipeline list .tekton/ -o json",
      "countersign pipeline list a.yaml",
    ],
    exits: [0],
    seeAlso: ["countersign pipeline lint"],
  })
    .addArgument(new Argument("[file...]", "files and folders; this folder when none is given").default(["."]))
    .addOption(outputOption<Format>(["table", "json", "csv"]))
    .action(async (paths: readonly string[], { output }: { readonly output: Format }) => {
      const { listDefinitions } = await import("../../app/lint/list-definitions.ts");
      const items = await listDefinitions(paths);
      await emit<PipelineItem>(io, output, {
        json: { items },
        table: {
          rows: items,
          columns: [
            { title: "kind", cell: ({ kind }) => kind },
            { title: "name", cell: ({ name }) => name },
            { title: "signs", cell: ({ signs }) => signs },
            { title: "where", cell: ({ file, line }) => `${file}:${line}` },
          ],
        },
      });
    });
}

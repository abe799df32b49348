import { Argument, type Command } from "commander";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import type { Grant } from "../../core/lint/obtainers/grant.ts";
import { collect, commandOf, INPUT, optionOf, outputOption } from "./command.ts";

type Options = { readonly output: Format; readonly audience?: readonly string[] };

/** `countersign identity obtainers`: who can obtain a token for Fulcio, by definitions and roles in files. */
export function obtainersCommand(io: Io): Command {
  return commandOf("obtainers", {
    sentence: "Computes who can obtain a token for Fulcio, and whether other people's code runs there.",
    examples: [
      "countersign identity obtainers deploy/ .tekton/",
      "countersign identity obtainers cluster.yaml --audience sigstore",
      "countersign identity obtainers deploy/ -o json",
    ],
    exits: [0, 1],
    seeAlso: ["countersign pipeline lint"],
  })
    .addArgument(
      new Argument("[file...]", "files and folders, judged together; this folder when none is given").default(["."]),
    )
    .addOption(optionOf(INPUT, "--audience <name>", "an audience that Fulcio accepts; repeatable").argParser(collect))
    .addOption(outputOption<Format>(["table", "json", "csv"]))
    .action(async (paths: readonly string[], { output, audience }: Options) => {
      const { obtainersOfPaths } = await import("../../app/wiring/lint.ts");
      const { grants, openNamespaces, gaps } = await obtainersOfPaths(paths, audience);
      if (grants.some(({ verdict }) => verdict === "unsafe")) io.exit(1);
      for (const namespace of openNamespaces) {
        io.err(`namespace ${namespace} is open: others may make pods in it, and a pod may run as any account of it\n`);
      }
      for (const gap of gaps) io.err(`not seen: ${gap}\n`);
      await emit<Grant>(io, output, {
        json: { items: grants, openNamespaces, gaps },
        table: {
          rows: grants,
          columns: [
            { title: "verdict", cell: ({ verdict }) => verdict },
            { title: "via", cell: ({ via }) => via },
            { title: "account", cell: ({ namespace, serviceAccount }) => `${namespace || "?"}/${serviceAccount}` },
            { title: "holder", cell: ({ holder }) => holder },
            { title: "why", cell: ({ why }) => why },
            { title: "where", cell: ({ evidence }) => `${evidence.file}:${evidence.line}` },
          ],
        },
      });
    });
}

import { Argument, type Command } from "commander";
import type { Io } from "../../app/io.ts";
import { unreachable } from "../../core/bug.ts";
import { commandOf } from "./command.ts";
import type { CommandRow } from "./command-row.ts";
import { bashScript, fishScript, pwshScript, zshScript, type Words } from "./completion-scripts.ts";

const SHELLS = ["bash", "zsh", "fish", "pwsh"] as const;
type Shell = (typeof SHELLS)[number];

/** `countersign completion SHELL`: a script that holds every word and never calls back. */
export function completionCommand(io: Io, rows: readonly CommandRow[]): Command {
  return commandOf("completion", {
    sentence: "Prints a completion script that holds every command and option, and never calls countersign.",
    examples: [
      "source <(countersign completion bash)",
      "countersign completion zsh > ~/.zfunc/_countersign",
      "countersign completion fish > ~/.config/fish/completions/countersign.fish",
    ],
    exits: [0],
  })
    .addArgument(new Argument("<shell>", "the shell to complete in").choices(SHELLS))
    .action(async (shell: Shell) => {
      io.out(scriptOf(shell, await wordsOf(rows, io)));
    });
}

function scriptOf(shell: Shell, words: readonly Words[]): string {
  switch (shell) {
    case "bash":
      return bashScript(words);
    case "zsh":
      return zshScript(words);
    case "fish":
      return fishScript(words);
    case "pwsh":
      return pwshScript(words);
    default:
      return unreachable(shell);
  }
}

/** Loads every command once, here, so that the script need not. */
async function wordsOf(rows: readonly CommandRow[], io: Io): Promise<readonly Words[]> {
  const commands = await Promise.all(
    rows.map(async (row) => ({ name: row.name, built: (await row.load()).command(io) })),
  );
  const root: Words = { path: [], next: rows.map(({ name, summary }) => ({ word: name, summary })), valued: [] };
  return [root, ...commands.flatMap(({ name, built }) => wordsBelow([name], built))];
}

function wordsBelow(path: readonly string[], at: Command): readonly Words[] {
  const verbs = at.commands.map((verb) => ({ word: verb.name(), summary: verb.summary() || verb.description() }));
  const shown = at.options.filter(({ hidden }) => !hidden);
  const options = shown.flatMap(({ long, description }) => (long ? [{ word: long, summary: description }] : []));
  const valued = shown.flatMap(({ long, short, required, optional, argChoices = [] }) =>
    required || optional ? [{ names: [long, short].flatMap((name) => name ?? []), choices: argChoices }] : [],
  );
  const choices = at.registeredArguments.flatMap(({ argChoices = [] }) =>
    argChoices.map((word) => ({ word, summary: "" })),
  );
  const help = { word: "--help", summary: "show help" };
  return [
    { path, next: [...verbs, ...choices, ...options, help], valued },
    ...at.commands.flatMap((verb) => wordsBelow([...path, verb.name()], verb)),
  ];
}

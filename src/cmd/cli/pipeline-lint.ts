import { Argument, type Command } from "commander";
import type { Io } from "../../app/io.ts";
import type { LintAnswer } from "../../app/lint/lint-answer.ts";
import { collect, commandOf, INPUT, optionOf, outputOption } from "./command.ts";

type Options = {
  readonly output: "table" | "json" | "sarif" | "junit" | "github";
  readonly rule?: readonly string[];
  readonly ignore?: readonly string[];
  readonly exceptions?: string;
  readonly resolve?: readonly string[];
};

/** `countersign pipeline lint`: what is wrong in pipeline definitions. */
export function lintCommand(io: Io): Command {
  return commandOf("lint", {
    sentence: "Finds what lets somebody else sign, run code or skip the signature in Tekton definitions.",
    examples: [
      "countersign pipeline lint",
      "countersign pipeline lint .tekton/ tasks/sign.yaml --rule SIG-03 --rule image-pinned",
      'countersign pipeline lint tasks/ --ignore "PIN-01=base images are rebuilt nightly" -o sarif',
    ],
    exits: [0, 1, 3],
    seeAlso: ["countersign explain"],
  })
    .addArgument(
      new Argument("[file...]", "files and folders, judged together; this folder when none is given").default(["."]),
    )
    .addOption(optionOf(INPUT, "--rule <id>", "only this rule, by code or name; repeatable").argParser(collect))
    .addOption(
      optionOf(INPUT, "--ignore <id=reason>", "pass over what a rule finds, and say why; repeatable").argParser(
        collect,
      ),
    )
    .addOption(
      optionOf(
        INPUT,
        "--resolve <folder>",
        "definitions that stand for what resolvers would fetch: by name, or by the path in git or http; repeatable",
      ).argParser(collect),
    )
    .addOption(optionOf(INPUT, "--exceptions <file>", "register of exceptions: rule, file, owner, reason, expires"))
    .addOption(outputOption<Options["output"]>(["table", "json", "sarif", "junit", "github"]))
    .action(async (paths: readonly string[], options: Options) => {
      const { lint, renderLint } = await import("../../app/lint/lint-answer.ts");
      const answer: LintAnswer = await lint({ ...options, paths, now: io.now() });
      // Each by itself: the graver counts, and what was not decided is not nothing.
      for (const { verdict } of answer.report.findings) io.exit(verdict === "fail" ? 1 : 3);
      for (const { exception, why } of answer.idle) {
        io.err(`exception for ${exception.rule}: ${why === "expired" ? "it is over" : "nothing was found for it"}\n`);
      }
      io.out(renderLint(answer, options.output));
    });
}

import { Argument, type Command } from "commander";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { renderChange } from "../../app/policy/render-policy.ts";
import { diffPolicies } from "../../core/policy/diff.ts";
import { commandOf, configOption, outputOption } from "./command.ts";
import { openWhole } from "./open-policy.ts";

/** `countersign policy diff`: what does this change mean, and for whom? */
export function diffCommand(io: Io): Command {
  return commandOf("diff", {
    sentence: "Says what differs between two policy sets, and whether images or identities became more or fewer.",
    examples: [
      "countersign policy diff old/ new/",
      "countersign policy diff production.yaml proposed.yaml -o json",
      "git worktree add ../main main && countersign policy diff ../main/policies policies",
    ],
    exits: [0, 1],
    seeAlso: ["countersign policy check"],
  })
    .addArgument(new Argument("<before>", "a policy file or folder"))
    .addArgument(new Argument("<after>", "a policy file or folder"))
    .addOption(outputOption<Format>(["text", "json"]))
    .addOption(configOption())
    .action(async (before: string, after: string, options: { output: Format; config?: string }) => {
      const [old, now] = [await openWhole(io, [before], options), await openWhole(io, [after], options)];
      const { patternEngine } = await import("../../app/wiring/policy-set.ts");
      const changes = diffPolicies(old.policy, now.policy, patternEngine);
      if (changes.length > 0) io.exit(1);
      await emit(io, options.output, {
        json: { items: changes.map((change) => ({ ...change })) },
        text: () =>
          changes.length === 0
            ? "the policies mean the same\n"
            : changes.map((change) => `${renderChange(change)}\n`).join(""),
      });
    });
}

import { Argument, type Command } from "commander";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { visible } from "../../app/output/visible.ts";
import { renderChange } from "../../app/policy/render-policy.ts";
import type { HistorySetup, PolicyHistory, PolicyVersion } from "../../app/wiring/policy-history.ts";
import { renderRfc3339 } from "../../core/time.ts";
import { commandOf, configOption, INPUT, optionOf, outputOption, wholeNumber } from "./command.ts";

/** Reads versions out of Git; loaded when the command runs. */
export type ReadHistory = (setup: HistorySetup) => Promise<PolicyHistory>;
const readReal: ReadHistory = async (setup) =>
  (await import("../../app/wiring/policy-history.ts")).policyHistory(setup);

type Options = { readonly config?: string; readonly limit: number; readonly output: Format };

const VERSIONS_MAX = 1000;

/** `countersign policy history`: whom did we trust, since when, and who made it so? */
export function historyCommand(io: Io, read: ReadHistory = readReal): Command {
  return commandOf("history", {
    sentence: "Lists the versions of a policy in Git: when, by whom, its hash, and what each of them changed.",
    examples: [
      "countersign policy history policies/",
      "countersign policy history policies/ --limit 100 -o json",
      "countersign policy history --config countersign.yaml",
    ],
    exits: [0, 3],
    seeAlso: ["countersign policy diff", "countersign gate"],
  })
    .addArgument(new Argument("[path]", "a policy file or folder in a clone, instead of policy.file"))
    .addOption(
      optionOf(INPUT, "--limit <n>", "how many, the newest first").argParser(wholeNumber(1, VERSIONS_MAX)).default(20),
    )
    .addOption(outputOption<Format>(["text", "json"]))
    .addOption(configOption())
    .action(async (path: string | undefined, { config, limit, output }: Options) => {
      const { env, signal } = io;
      const { versions, isCut } = await read({ env, config, path, versionsMax: limit, now: io.now(), signal });
      // What cannot be read cannot be compared: the list is not the whole answer.
      if (versions.some(({ changes }, i) => changes === undefined && !(isCut && i === versions.length - 1))) io.exit(3);
      await emit(io, output, {
        json: { items: versions.map(toJson), more: isCut },
        text: () => `${versions.map(renderVersion).join("")}${isCut ? "older versions are not shown\n" : ""}`,
      });
    });
}

function toJson({ at, policy, changes, ...version }: PolicyVersion) {
  return {
    ...version,
    at: renderRfc3339(at),
    policy: policy ? { revision: null, ...policy } : null,
    changes: changes ? changes.map((change) => ({ ...change })) : null,
  };
}

function renderVersion({
  commit,
  at,
  author,
  committer,
  subject,
  isSigned,
  policy,
  problem,
  changes,
}: PolicyVersion): string {
  const by = author === committer ? author : `${author}, committed by ${committer}`;
  const revision = policy?.revision === undefined ? "" : ` r${policy.revision}`;
  const what = policy ? `${policy.name}${revision} ${policy.hash.slice(0, 16)}` : `not a policy: ${problem}`;
  const lines = [
    `${renderRfc3339(at)} ${commit.slice(0, 12)} ${by}${isSigned ? ", signed (not verified)" : ""}: ${subject}`,
    `  ${what}`,
    ...(changes
      ? changes.length === 0
        ? ["  means the same as before"]
        : changes.map((change) => `  ${renderChange(change)}`)
      : ["  not compared"]),
  ];
  return lines.map((line) => `${visible(line)}\n`).join("");
}

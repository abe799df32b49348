import { Argument, type Command } from "commander";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { renderPolicy } from "../../app/policy/render-policy.ts";
import { policyHash, renderCanonicalPolicy, toCanonicalPolicy } from "../../core/policy/canonical.ts";
import { renderRequirement } from "../../core/policy/judge/render-requirement.ts";
import { commandOf, configOption, OUTPUT, optionOf, outputOption } from "./command.ts";
import { openWhole } from "./open-policy.ts";
import { checkCommand } from "./policy-check.ts";
import { diffCommand } from "./policy-diff.ts";
import { driftCommand } from "./policy-drift.ts";
import { exportCommand } from "./policy-export.ts";
import { historyCommand } from "./policy-history.ts";
import { importCommand } from "./policy-import.ts";
import { signCommand } from "./policy-sign.ts";
import { testCommand } from "./policy-test.ts";

type Options = { readonly config?: string };
const PATHS = "policy files, or folders of them";

/** `countersign policy`: whom do we trust, and is it written so that it means that? */
export function command(io: Io): Command {
  return commandOf("policy", {
    sentence: "Checks, shows, compares, tries and signs trust policies, and finds where they drifted.",
    examples: [
      "countersign policy check policies/",
      "countersign policy list policies/",
      "countersign policy show policies/",
    ],
    exits: [0, 1],
  })
    .addCommand(checkCommand(io))
    .addCommand(listCommand(io))
    .addCommand(showCommand(io))
    .addCommand(diffCommand(io))
    .addCommand(testCommand(io))
    .addCommand(driftCommand(io))
    .addCommand(historyCommand(io))
    .addCommand(signCommand(io))
    .addCommand(exportCommand(io))
    .addCommand(importCommand(io));
}

function listCommand(io: Io): Command {
  return commandOf("list", {
    sentence: "Lists image families with what each of them needs.",
    examples: [
      "countersign policy list policies/",
      "countersign policy list policies/ -o json",
      "countersign policy list production.yaml -o csv",
    ],
    exits: [0],
  })
    .addArgument(new Argument("<path...>", PATHS))
    .addOption(outputOption<Format>(["table", "json", "csv"]))
    .addOption(configOption())
    .action(async (paths: readonly string[], options: Options & { output: Format }) => {
      const { policy } = await openWhole(io, paths, options);
      const rows = policy.families.map(({ name, images, except, require }) => ({
        name,
        images,
        except,
        needs: renderRequirement(require),
      }));
      await emit(io, options.output, {
        json: { items: rows },
        table: {
          columns: [
            { title: "family", cell: ({ name }) => name },
            {
              title: "images",
              cell: ({ images, except }) => [...images, ...except.map((pattern) => `not ${pattern}`)].join(" "),
            },
            { title: "needs", cell: ({ needs }) => needs },
          ],
          rows,
        },
      });
    });
}

function showCommand(io: Io): Command {
  return commandOf("show", {
    sentence: "Shows a policy as it is judged by: defaults filled in, service accounts and presets written out.",
    examples: [
      "countersign policy show policies/",
      "countersign policy show policies/ -o json",
      "countersign policy show policies/ --canonical > policy.json && countersign sign blob policy.json",
    ],
    exits: [0],
    seeAlso: ["countersign policy check"],
  })
    .addArgument(new Argument("<path...>", PATHS))
    .addOption(optionOf(OUTPUT, "--canonical", "the bytes that the policy hash is of, and a policy is signed over"))
    .addOption(outputOption<Format>(["text", "json", "yaml"]))
    .addOption(configOption())
    .action(async (paths: readonly string[], options: Options & { output: Format; canonical?: true }) => {
      const { policy } = await openWhole(io, paths, options);
      if (options.canonical) {
        io.out(renderCanonicalPolicy(policy));
        return;
      }
      const hash = policyHash(policy);
      const json = { hash, policy: toCanonicalPolicy(policy) };
      await emit(io, options.output, { json, text: () => renderPolicy(policy, hash) });
    });
}

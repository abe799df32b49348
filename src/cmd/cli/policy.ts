import { Argument, type Command } from "commander";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { paintFor } from "../../app/output/paint.ts";
import { visible } from "../../app/output/visible.ts";
import { renderPolicy } from "../../app/policy/render-policy.ts";
import { renderProblems, toProblemsJson, toProblemsSarif } from "../../app/policy/render-problems.ts";
import { policyHash, renderCanonicalPolicy, toCanonicalPolicy } from "../../core/policy/canonical.ts";
import { renderRequirement } from "../../core/policy/judge/render-requirement.ts";
import type { PolicyDocuments, PolicySetReading } from "../../core/policy/read/read-set.ts";
import { commandOf, configOption, OUTPUT, optionOf, outputOption } from "./command.ts";
import { openPolicySet, openWhole } from "./open-policy.ts";
import { diffCommand } from "./policy-diff.ts";
import { driftCommand } from "./policy-drift.ts";
import { signCommand } from "./policy-sign.ts";
import { judgeSignature, signatureOptions, type SignatureOptions } from "./policy-signature.ts";
import { testCommand } from "./policy-test.ts";

type Options = { readonly config?: string };
type CheckOptions = Options & SignatureOptions & { readonly output: Format | "sarif" };
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
    .addCommand(signCommand(io));
}

function checkCommand(io: Io): Command {
  const check = commandOf("check", {
    sentence: "Says everything that is wrong with a policy set, with file, line, column and what to write.",
    examples: [
      "countersign policy check policies/",
      "countersign policy check policies/ --require-signed-policy … --issuer https://…",
      "countersign policy check policies/ -o sarif > policy.sarif",
    ],
    exits: [0, 1, 3],
    seeAlso: ["countersign explain TP104", "countersign policy sign"],
  })
    .addArgument(new Argument("<path...>", PATHS))
    .addOption(outputOption(["text", "json", "sarif"]))
    .addOption(configOption());
  for (const option of signatureOptions()) check.addOption(option);
  return check.action(async (paths: readonly string[], options: CheckOptions) => {
    const read = await openPolicySet({ paths, env: io.env, config: options.config, now: io.now(), purpose: "check" });
    const signature = await judgeSignature(io, read.documents, paths, options);
    const problems = [...read.problems, ...signature.problems];
    const unchecked = [...read.unchecked, ...signature.undecided];
    const ok = read.documents !== undefined && signature.problems.length === 0;
    if (signature.undecided.length > 0) io.exit(3);
    if (!ok) io.exit(1);
    for (const what of unchecked) io.err(`not judged: ${visible(what)}\n`);
    if (options.output === "sarif") io.out(`${JSON.stringify(toProblemsSarif(problems), undefined, 2)}\n`);
    else {
      const json = { ok: ok && signature.undecided.length === 0, problems: toProblemsJson(problems), unchecked };
      const text = () => renderChecked(io, { problems, unchecked, ...(ok && { documents: read.documents }) });
      await emit(io, options.output, { json, text });
    }
  });
}

function renderChecked(io: Io, { problems, documents }: PolicySetReading): string {
  const paint = paintFor(io, io.outTerminal);
  const listed = renderProblems(problems, paint);
  return documents ? `${listed}${paint.symbol("ok")} the policy set is valid: ${countOf(documents)}\n` : listed;
}

function countOf({ policy, exceptions }: PolicyDocuments): string {
  const hash = policyHash(policy).slice(0, 12);
  return `${policy.families.length} families, ${Object.keys(policy.authorities).length} authorities, ${exceptions.length} exceptions, hash ${hash}`;
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

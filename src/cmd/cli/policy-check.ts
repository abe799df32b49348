import { Argument, type Command } from "commander";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { paintFor } from "../../app/output/paint.ts";
import { visible } from "../../app/output/visible.ts";
import { renderProblems, toProblemsJson, toProblemsSarif } from "../../app/policy/render-problems.ts";
import { Fault } from "../../core/fault.ts";
import { policyHash } from "../../core/policy/canonical.ts";
import type { PolicyDocuments, PolicySetReading } from "../../core/policy/read/read-set.ts";
import { commandOf, configOption, outputOption } from "./command.ts";
import { openPolicySet } from "./open-policy.ts";
import { judgeSignature, signatureOptions, type SignatureOptions } from "./policy-signature.ts";
import { openReal, type OpenVerification } from "./verify.ts";

type CheckOptions = SignatureOptions & { readonly output: Format | "sarif" };

/** `countersign policy check`: is it written so that it means something, and is it whose it must be? */
export function checkCommand(io: Io, open: OpenVerification = openReal): Command {
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
    .addArgument(new Argument("<path...>", "policy files, or folders of them"))
    .addOption(outputOption(["text", "json", "sarif"]))
    .addOption(configOption());
  for (const option of signatureOptions()) check.addOption(option);
  return check.action(async (paths: readonly string[], options: CheckOptions) => {
    const read = await openPolicySet({ paths, env: io.env, config: options.config, now: io.now(), purpose: "check" });
    if (isEmpty(read)) throw new Fault("input.missing", `${paths.join(", ")}: no policy document`);
    const signature = await judgeSignature({ io, open }, read.documents, paths, options);
    const problems = [...read.problems, ...signature.problems];
    const unchecked = [...read.unchecked, ...signature.undecided];
    const isSigned = signature.problems.length === 0 && signature.undecided.length === 0;
    const documents = isSigned ? read.documents : undefined;
    if (signature.undecided.length > 0) io.exit(3);
    if (!read.documents || signature.problems.length > 0) io.exit(1);
    for (const what of unchecked) io.err(`not judged: ${visible(what)}\n`);
    if (options.output === "sarif") io.out(`${JSON.stringify(toProblemsSarif(problems), undefined, 2)}\n`);
    else {
      const json = { ok: documents !== undefined, problems: toProblemsJson(problems), unchecked };
      const text = () => renderChecked(io, { problems, unchecked, ...(documents && { documents }) });
      await emit(io, options.output, { json, text });
    }
  });
}

/** Nothing was read and nothing is wrong: files of comments, or documents of other kinds alone. */
function isEmpty({ documents, problems }: PolicySetReading): boolean {
  if (!documents || problems.length > 0) return false;
  const { policy, exceptions, breakGlass, placements, denyRules } = documents;
  return policy.name === "" && [exceptions, breakGlass, placements, denyRules].every(({ length }) => length === 0);
}

function renderChecked(io: Io, { problems, documents }: PolicySetReading): string {
  const paint = paintFor(io, io.outTerminal);
  const listed = renderProblems(problems, paint);
  return documents ? `${listed}${paint.symbol("ok")} the policy set is valid: ${countOf(documents)}\n` : listed;
}

function countOf({ policy, exceptions, denyRules }: PolicyDocuments): string {
  const denied = denyRules.length > 0 ? `${denyRules.length} deny rules, ` : "";
  const hash = policyHash(policy).slice(0, 12);
  return `${policy.families.length} families, ${Object.keys(policy.authorities).length} authorities, ${exceptions.length} exceptions, ${denied}hash ${hash}`;
}

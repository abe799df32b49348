import { Argument, type Command } from "commander";
import { exitCodeOf } from "../../app/exit.ts";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { paintFor } from "../../app/output/paint.ts";
import { visible } from "../../app/output/visible.ts";
import { BUNDLE_SUFFIX } from "../../app/policy/document-files.ts";
import { renderSigning } from "../../app/sign/render.ts";
import { toSigningJson } from "../../app/sign/to-json.ts";
import { writeOutput } from "../../app/write-output.ts";
import type { SignSetup } from "../../app/wiring/sign.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { policyHash, renderCanonicalPolicy } from "../../core/policy/canonical.ts";
import type { PolicyDocuments } from "../../core/policy/read/read-set.ts";
import { commandOf, configOption, OUTPUT, optionOf, outputOption } from "./command.ts";
import { openWhole } from "./open-policy.ts";
import { settle, withSigningOptions, type OpenSigning } from "./sign.ts";

const openReal: OpenSigning = async (setup, signal) =>
  (await import("../../app/wiring/sign.ts")).openSigning(setup, signal);

type Options = Omit<SignSetup, "env" | "repositories"> & { readonly output: Format; readonly bundleOut?: string };

/** `countersign policy sign`: this policy is ours, and whoever enforces it can tell. */
export function signCommand(io: Io, open: OpenSigning = openReal): Command {
  const verb = commandOf("sign", {
    sentence: "Signs what the policy hash of a set is of, and writes the bundle beside it.",
    examples: [
      "countersign policy sign policies/",
      "countersign policy sign production.yaml --bundle-out production.yaml.sigstore.json",
      "countersign policy sign policies/ --token-file token --placement private",
    ],
    exits: [0, 1, 3, 4, 5],
    seeAlso: ["countersign policy check", "countersign sign blob"],
  }).addArgument(new Argument("<path...>", "policy files, or folders of them"));
  return withSigningOptions(verb)
    .addOption(optionOf(OUTPUT, "--bundle-out <file>", "write the bundle here, instead of beside the first path"))
    .addOption(outputOption<Format>(["text", "json"]))
    .addOption(configOption())
    .action(async (paths: readonly string[], options: Options) => {
      await sign(io, open, paths, options);
    });
}

async function sign(io: Io, open: OpenSigning, paths: readonly string[], options: Options): Promise<void> {
  const documents = await openWhole(io, paths, options);
  const { policy } = documents;
  // A signature holds for ever: without a revision, an old policy that was signed once could be put back.
  if (policy.revision === undefined)
    throw new Fault("input.malformed", `${paths.join(", ")}: a policy that is signed needs spec.revision`);
  const bytes = toUtf8(renderCanonicalPolicy(policy));
  const world = await open({ ...options, env: io.env }, io.signal);
  try {
    const outcome = await world.sign([{ kind: "blob", bytes }], io.signal);
    settle(io, outcome.verdict);
    if (outcome.verdict.kind === "unknown") io.exit(exitCodeOf(outcome.verdict));
    const [made] = outcome.signatures;
    const path = options.bundleOut ?? bundleBeside(paths);
    if (made) await writeOutput(path, made.bytes);
    warnUncovered(io, documents);
    const paint = paintFor(io, io.outTerminal);
    const written = made ? `  policy  ${policyHash(policy)}\n  bundle  ${visible(path)}\n` : "";
    await emit(io, options.output, {
      json: { ...toSigningJson(outcome), policyHash: policyHash(policy), ...(made && { bundle: path }) },
      text: () => `${renderSigning(outcome, paint)}${written}`,
    });
  } finally {
    await world.close();
  }
}

/** Where the bundle of a set lies: beside the first file or folder that is named. */
export function bundleBeside([first = ""]: readonly string[]): string {
  return `${first.replace(/(?<=.)\/+$/, "")}${BUNDLE_SUFFIX}`;
}

/** The hash is of the TrustPolicy alone: who can add an exception beside it needs no signature for it. */
export function warnUncovered(io: Io, { exceptions, breakGlass, placements, denyRules }: PolicyDocuments): void {
  const count = exceptions.length + breakGlass.length + placements.length + denyRules.length;
  if (count > 0) {
    io.err(`not signed: ${count} exceptions, break-glass documents, placements and deny rules of the set\n`);
  }
}

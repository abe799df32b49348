import { writeFile } from "node:fs/promises";
import { Argument, type Command } from "commander";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { paintFor } from "../../app/output/paint.ts";
import { renderSigning } from "../../app/sign/render.ts";
import { exitOfRefusal, faultOfRefusal } from "../../app/sign/settle.ts";
import { toSigningJson } from "../../app/sign/to-json.ts";
import { toJobs, type JobOptions } from "../../app/sign/to-jobs.ts";
import type { SignSetup, SignWorld } from "../../app/wiring/sign.ts";
import { Fault } from "../../core/fault.ts";
import type { SigningReason } from "../../core/sign/reason.ts";
import type { Verdict } from "../../core/verdict.ts";
import {
  collect,
  commandOf,
  configOption,
  CONNECTION,
  INPUT,
  optionOf,
  OUTPUT,
  outputOption,
  TRUST,
} from "./command.ts";

/** Opens what signing needs; loaded when a command runs. */
export type OpenSigning = (setup: SignSetup, signal: AbortSignal) => Promise<SignWorld>;

const openReal: OpenSigning = async (setup, signal) =>
  (await import("../../app/wiring/sign.ts")).openSigning(setup, signal);

type Options = JobOptions &
  Omit<SignSetup, "env" | "repositories"> & { readonly output: Format; readonly bundleOut?: string };

/** `countersign sign`: keyless signatures with the identity of this workload. */
export function command(io: Io, open: OpenSigning = openReal): Command {
  return commandOf("sign", {
    sentence: "Signs images and files keylessly, with the identity token of this workload.",
    examples: [
      "countersign sign image registry.example/team/app@sha256:…",
      "countersign sign blob app.tar --bundle-out app.tar.sigstore.json",
      "countersign sign attest registry.example/team/app@sha256:… --predicate provenance.json --predicate-type slsaprovenance1",
    ],
    exits: [0, 1, 3, 4, 5],
    seeAlso: ["countersign verify"],
  })
    .addCommand(imageCommand(io, open))
    .addCommand(blobCommand(io, open))
    .addCommand(attestCommand(io, open))
    .addCommand(sbomCommand(io, open));
}

const EXITS = [0, 1, 3, 4, 5] as const;

function imageCommand(io: Io, open: OpenSigning): Command {
  const verb = commandOf("image", {
    sentence: "Signs an image in its registry; a tag is resolved once and the digest printed.",
    examples: [
      "countersign sign image registry.example/team/app@sha256:…",
      "countersign sign image registry.example/team/app --digest-file /tekton/results/digest --recursive",
      "countersign sign image registry.example/team/app:v1 --sbom sbom.cdx.json -o json",
    ],
    exits: EXITS,
    seeAlso: ["countersign verify"],
  })
    .addArgument(new Argument("<image...>", "registry/repository:tag or registry/repository@sha256:…"))
    .addOption(optionOf(INPUT, "--recursive", "also sign each manifest of an index"))
    .addOption(optionOf(INPUT, "--annotations <key=value>", "say more in the signature; repeatable").argParser(collect))
    .addOption(optionOf(INPUT, "--digest-file <file>", "a file that holds the image's digest"))
    .addOption(optionOf(INPUT, "--sbom <file>", "attest this SBOM too, with the same certificate"))
    .addOption(layoutOption());
  return withCommon(verb, "image", io, open);
}

function blobCommand(io: Io, open: OpenSigning): Command {
  const verb = commandOf("blob", {
    sentence: "Signs a file and writes the bundle that proves it.",
    examples: [
      "countersign sign blob app.tar --bundle-out app.tar.sigstore.json",
      "countersign sign blob sbom.json --bundle-out sbom.sigstore.json --placement private",
      "countersign sign blob - --bundle-out out.sigstore.json < app.tar",
    ],
    exits: EXITS,
    seeAlso: ["countersign verify"],
  }).addArgument(new Argument("<file>", "the file, or - for stdin"));
  return withCommon(verb, "blob", io, open);
}

function attestCommand(io: Io, open: OpenSigning): Command {
  const verb = commandOf("attest", {
    sentence: "Signs a statement about an image: a predicate of a type.",
    examples: [
      "countersign sign attest registry.example/team/app@sha256:… --predicate p.json --predicate-type slsaprovenance1",
      "countersign sign attest registry.example/team/app:v1 --predicate vex.json --predicate-type openvex",
      "countersign sign attest registry.example/team/app:v1 --predicate x.json --predicate-type https://example.com/x/v1",
    ],
    exits: EXITS,
    seeAlso: ["countersign sign sbom", "countersign verify"],
  })
    .addArgument(new Argument("<image>", "registry/repository:tag or registry/repository@sha256:…"))
    .addOption(optionOf(INPUT, "--predicate <file>", "the predicate, a JSON object").makeOptionMandatory())
    .addOption(
      optionOf(
        INPUT,
        "--predicate-type <type>",
        "a URI, or slsaprovenance1, cyclonedx, spdxjson, vuln, openvex",
      ).makeOptionMandatory(),
    )
    .addOption(optionOf(INPUT, "--digest-file <file>", "a file that holds the image's digest"))
    .addOption(layoutOption());
  return withCommon(verb, "attest", io, open);
}

function sbomCommand(io: Io, open: OpenSigning): Command {
  const verb = commandOf("sbom", {
    sentence: "Signs an SBOM of an image; whether it is CycloneDX or SPDX is read from it.",
    examples: [
      "countersign sign sbom registry.example/team/app@sha256:… --predicate sbom.cdx.json",
      "countersign sign sbom registry.example/team/app:v1 --predicate sbom.spdx.json",
      "countersign sign sbom registry.example/team/app:v1 --predicate sbom.spdx --layout legacy",
    ],
    exits: EXITS,
    seeAlso: ["countersign sign attest", "countersign verify"],
  })
    .addArgument(new Argument("<image>", "registry/repository:tag or registry/repository@sha256:…"))
    .addOption(optionOf(INPUT, "--predicate <file>", "the SBOM").makeOptionMandatory())
    .addOption(optionOf(INPUT, "--digest-file <file>", "a file that holds the image's digest"))
    .addOption(layoutOption());
  return withCommon(verb, "sbom", io, open);
}

function layoutOption() {
  return optionOf(
    OUTPUT,
    "--layout <layout>",
    "how it is attached: as an OCI 1.1 referrer, or under cosign's older tags",
  )
    .choices(["referrer", "legacy"])
    .default("referrer");
}

/** The options that say as whom and where is signed. */
export function withSigningOptions(verb: Command): Command {
  return verb
    .addOption(optionOf(INPUT, "--token-file <file>", "the identity token, instead of the projected one"))
    .addOption(optionOf(TRUST, "--placement <name>", "the trust domain to sign in"))
    .addOption(optionOf(TRUST, "--audience <name>", "the audience that the token must be for, and no other"))
    .addOption(
      optionOf(TRUST, "--trusted-root <file>", "trusted root or client trust config, instead of a trust domain"),
    )
    .addOption(optionOf(TRUST, "--signing-config <file>", "where to sign, with --trusted-root"));
}

function withCommon(verb: Command, kind: JobOptions["kind"], io: Io, open: OpenSigning): Command {
  return withSigningOptions(verb)
    .addOption(optionOf(OUTPUT, "--bundle-out <file>", "write the bundle here too"))
    .addOption(outputOption<Format>(["text", "json"]))
    .addOption(configOption().helpGroup(CONNECTION))
    .action(async (subjects: string | readonly string[], options: Options) => {
      await run({ io, open }, [subjects].flat(), { ...options, kind });
    });
}

async function run(
  { io, open }: { readonly io: Io; readonly open: OpenSigning },
  subjects: readonly string[],
  options: Options,
): Promise<void> {
  const { jobs, repositories } = await toJobs(subjects, options, io);
  if (options.bundleOut === undefined && options.kind === "blob") {
    throw new Fault("option.missing", "--bundle-out: a file's signature has no other place to go");
  }
  const world = await open({ ...options, repositories, env: io.env }, io.signal);
  try {
    const outcome = await world.sign(jobs, io.signal);
    settle(io, outcome.verdict);
    await writeBundle(
      options.bundleOut,
      outcome.signatures.map(({ bytes }) => bytes),
    );
    const paint = paintFor(io, io.outTerminal);
    await emit(io, options.output, { json: toSigningJson(outcome), text: () => renderSigning(outcome, paint) });
  } finally {
    await world.close();
  }
}

/** Asks for the exit code of what was refused; what the surroundings are to blame for flies as a Fault. */
export function settle(io: Io, verdict: Verdict<SigningReason>): void {
  if (verdict.kind !== "fail") return;
  const [finding] = verdict.reasons;
  const fault = faultOfRefusal(finding);
  if (fault) throw fault;
  io.exit(exitOfRefusal(finding));
}

/** One bundle is a document; several are JSON lines (`.sigstore.jsonl`). */
async function writeBundle(path: string | undefined, bundles: readonly Uint8Array[]): Promise<void> {
  if (path === undefined || bundles.length === 0) return;
  const lines = bundles.map((bytes) => `${new TextDecoder().decode(bytes)}\n`);
  await writeFile(path, lines.join("")).catch((cause: unknown) => {
    throw new Fault("output.unwritable", path, { cause });
  });
}

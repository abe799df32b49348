import { Argument, Option, type Command } from "commander";
import { exitCodeOf } from "../../app/exit.ts";
import type { ExitCode, Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { paintFor } from "../../app/output/paint.ts";
import { readInput } from "../../app/read-input.ts";
import { renderVerified, toVerifiedJson, type Verified } from "../../app/verify/render.ts";
import { parseSubject, platformSubjects } from "../../app/verify/subjects.ts";
import type { VerifySetup, VerifyWorld } from "../../app/wiring/verify.ts";
import { parseDigestRef, parseSha256Hex } from "../../core/digest.ts";
import { Fault, FAULTS } from "../../core/fault.ts";
import { parsePredicateType } from "../../core/sign/predicates.ts";
import type { Verdict } from "../../core/verdict.ts";
import type { ExpectedSigner } from "../../core/verify/policy.ts";
import { commandOf, configOption, INPUT, optionOf, outputOption, TRUST } from "./command.ts";
import { testReal, type TestPolicy } from "./policy-test.ts";
import { policyOptions, runPolicy, type VerifyPolicyOptions } from "./verify-policy.ts";
import { readSigner, SIGNER_OPTIONS, signerOptions, type SignerOptions } from "./verify-signer.ts";
import { openRealNotation, runNotation, type NotationOptions, type OpenNotation } from "./verify-notation.ts";

/** Opens what verification needs; loaded when the command runs. */
export type OpenVerification = (setup: VerifySetup) => Promise<VerifyWorld>;

export const openReal: OpenVerification = async (setup) =>
  (await import("../../app/wiring/verify.ts")).openVerification(setup);

type Options = Omit<VerifySetup, "env"> &
  NotationOptions &
  SignerOptions &
  VerifyPolicyOptions & {
    readonly notation?: boolean;
    readonly bundle?: string;
    readonly type: string;
  };

/** `countersign verify`: is this signed, by whom, and can they prove it? */
export function command(
  io: Io,
  open: OpenVerification = openReal,
  openNotation: OpenNotation = openRealNotation,
  judge: TestPolicy = testReal,
): Command {
  const verify = commandOf("verify", {
    sentence: "Verifies the signatures of images in their registry, or of a file by its bundle.",
    examples: [
      "countersign verify registry.example/team/app@sha256:… --certificate-identity … --certificate-oidc-issuer …",
      "countersign verify app.tar --bundle app.tar.sigstore.json --certificate-identity … --certificate-oidc-issuer …",
      "countersign verify registry.example/team/app:v1 --type slsaprovenance1 --certificate-identity … -o json",
      "countersign verify registry.example/team/app:v1 --policy policies/",
      "countersign verify registry.example/team/app:v1 --notation --all-platforms",
    ],
    exits: [0, 1, 3, 4, 5],
    seeAlso: ["countersign sign"],
  })
    .addArgument(new Argument("<ref...>", "images; with --bundle a file, - or sha256:…"))
    .addOption(optionOf(INPUT, "--bundle <file>", "the bundle of the file"))
    .addOption(
      optionOf(INPUT, "--type <type>", "what must be signed: signature, or a predicate type").default("signature"),
    )
    .addOption(optionOf(INPUT, "--all-platforms", "each manifest of the image's index must be signed by itself"));
  const trust = [...signerOptions(), ...rootOptions(), ...policyOptions(), ...notationOptions()];
  for (const option of trust) verify.addOption(option);
  for (const flag of LENIENT)
    verify.addOption(new Option(`${flag} [value]`).preset("true").hideHelp().argParser(refuseLenience(flag)));
  verify.addOption(outputOption<Format>(["text", "json"])).addOption(configOption());
  return verify.action(async (refs: readonly string[], options: Options) => {
    if (options.notation === true) return runNotation(io, openNotation, { refs, options });
    if (options.trustPolicy !== undefined || options.trustStore !== undefined) {
      throw new Fault("input.malformed", "--trust-policy and --trust-store go with --notation");
    }
    const { policy, offline, bundle, at } = options;
    if (policy !== undefined) return runPolicy(io, judge, { refs, policy, options });
    if (at !== undefined) throw new Fault("input.malformed", "--at goes with --policy");
    if (offline === true && bundle === undefined) {
      throw new Fault("input.malformed", "--offline goes with --bundle: an image is in a registry");
    }
    const world = await open({ ...options, env: io.env });
    try {
      await run({ io, world }, refs, options);
    } finally {
      await world.close();
    }
    return undefined;
  });
}

/** cosign's, by which it looks away. Known, so that who types one hears more than "unknown option". */
const LENIENT = ["--insecure-ignore-tlog", "--insecure-ignore-sct", "--allow-insecure-registry"] as const;

function refuseLenience(flag: string): () => never {
  return () => {
    throw new Fault("input.malformed", `${flag}: nothing is skipped; what a domain does not have, its thresholds say`);
  };
}

function rootOptions(): readonly Option[] {
  return [
    optionOf(TRUST, "--placement <name>", "the trust domain to judge by"),
    optionOf(TRUST, "--trusted-root <file>", "trusted root or client trust config, instead of a trust domain"),
    optionOf(TRUST, "--offline", "with --bundle: the trusted root as it was last fetched, no network"),
  ];
}

function notationOptions(): readonly Option[] {
  const notation = optionOf(TRUST, "--notation", "by Notary Project signatures, under Notation's trust policy");
  return [
    notation.conflicts(["bundle", "type", ...SIGNER_OPTIONS, "offline", "placement", "trustedRoot"]),
    optionOf(TRUST, "--trust-policy <file>", "Notation's trust policy, instead of its user's"),
    optionOf(TRUST, "--trust-store <folder>", "Notation's trust stores, instead of its user's"),
  ];
}

/** An image that is not there is a name that is wrong, not a signature that is. */
function exitOf(verdict: Verdict<string>): ExitCode {
  const isMissing = verdict.kind === "fail" && verdict.reasons[0].reason === "image-missing";
  return isMissing ? FAULTS["registry.not-found"].exit : exitCodeOf(verdict);
}

type Run = { readonly io: Io; readonly world: VerifyWorld };

async function run({ io, world }: Run, refs: readonly string[], options: Options): Promise<void> {
  const signer = await readSigner(options, world.patterns);
  const verified: Verified[] = [];
  for (const ref of refs) {
    // oxlint-disable-next-line no-await-in-loop -- in the order given, so that what is printed can be read
    verified.push(...(await verifyOne({ io, world }, ref, { ...options, signer })));
  }
  for (const { answer } of verified) io.exit(exitOf(answer.verdict));
  const paint = paintFor(io, io.outTerminal);
  const [only, ...others] = verified.map(toVerifiedJson);
  await emit(io, options.output, {
    json: others.length === 0 && only !== undefined ? only : verified.map(toVerifiedJson),
    text: () => verified.map((one) => renderVerified(one, paint)).join(""),
  });
}

async function verifyOne(
  { io, world }: Run,
  ref: string,
  { signer, type, bundle, allPlatforms }: Options & { readonly signer: ExpectedSigner },
): Promise<readonly Verified[]> {
  const predicateType = type === "signature" ? undefined : parsePredicateType(type);
  if (type !== "signature" && predicateType === undefined) {
    throw new Fault("input.malformed", `--type ${type}: neither signature nor a predicate type`);
  }
  if (bundle !== undefined) {
    const artifact = await readArtifact(ref, io);
    const policy = { ...signer, ...(predicateType !== undefined && { predicateType }) };
    const request = { bundle: await readInput(bundle, BUNDLE_FILE_BYTES_MAX), artifact, policy };
    return [{ subject: ref, answer: await world.bundle(request, io.signal) }];
  }
  const image = parseSubject(ref);
  const subjects = allPlatforms === true ? await platformSubjects(image, world.platforms, io.signal) : [image];
  const asked = predicateType === undefined ? "signature" : { predicateType };
  return Promise.all(
    subjects.map(async ({ subject, repository, reference }) => ({
      subject,
      answer: await world.image({ repository, reference, type: asked, policy: signer }, io.signal),
    })),
  );
}

const BLOB_BYTES_MAX = 1024 * 1024 * 1024;
const BUNDLE_FILE_BYTES_MAX = 96 * 1024 * 1024;
async function readArtifact(ref: string, io: Io) {
  if (ref === "-") return io.readIn(BLOB_BYTES_MAX);
  const digest = parseDigestRef(ref) === undefined ? undefined : parseSha256Hex(ref.slice("sha256:".length));
  return digest ? ({ algorithm: "sha256", bytes: digest } as const) : readInput(ref, BLOB_BYTES_MAX);
}

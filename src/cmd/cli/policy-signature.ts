import type { Option } from "commander";
import type { Io } from "../../app/io.ts";
import { readInput } from "../../app/read-input.ts";
import type { VerifySetup } from "../../app/wiring/verify.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { renderCanonicalPolicy } from "../../core/policy/canonical.ts";
import { POLICY_CODES } from "../../core/policy/problem-codes.ts";
import type { PolicyProblem } from "../../core/policy/problem.ts";
import type { PolicyDocuments } from "../../core/policy/read/read-set.ts";
import { INPUT, optionOf, TRUST } from "./command.ts";
import { bundleBeside, warnUncovered } from "./policy-sign.ts";
import type { OpenVerification } from "./verify.ts";

export type SignatureOptions = Pick<VerifySetup, "config" | "placement" | "trustedRoot"> & {
  readonly requireSignedPolicy?: string;
  readonly issuer?: string;
  readonly bundle?: string;
};

/** Who must have signed a policy stands on the command line, never in the policy (trust-policy chapter §1.1). */
export function signatureOptions(): readonly Option[] {
  return [
    optionOf(TRUST, "--require-signed-policy <san>", "who must have signed it, exactly as the certificate says it"),
    optionOf(TRUST, "--issuer <url>", "the issuer of that identity, exactly"),
    optionOf(INPUT, "--bundle <file>", "the bundle of the policy, instead of the one beside the first path"),
    optionOf(TRUST, "--placement <name>", "the trust domain to judge the signature by"),
    optionOf(TRUST, "--trusted-root <file>", "trusted root or client trust config, instead of a trust domain"),
  ];
}

/** TP009, and why it could not be decided. */
export type SignatureJudged = { readonly problems: readonly PolicyProblem[]; readonly undecided: readonly string[] };

const BUNDLE_BYTES_MAX = 4 * 1024 * 1024;

/** Judges whether a set is signed by the identity that is asked for; nothing when none is. Faults: those of verification. */
export async function judgeSignature(
  { io, open }: { readonly io: Io; readonly open: OpenVerification },
  documents: PolicyDocuments | undefined,
  paths: readonly string[],
  options: SignatureOptions,
): Promise<SignatureJudged> {
  const signer = readSigner(options);
  if (!signer) return { problems: [], undecided: [] };
  // A set that cannot be read has an error already; what its signature is over is not known.
  if (!documents) return { problems: [], undecided: ["the signature of a set with errors"] };
  warnUncovered(io, documents);
  const path = options.bundle ?? bundleBeside(paths);
  const told = (code: string): SignatureJudged => ({ problems: [problemOf(path, signer.san, code)], undecided: [] });
  const bundle = await readBundle(path);
  if (!bundle) return told("bundle-missing");
  const world = await open({ ...options, env: io.env });
  try {
    const artifact = toUtf8(renderCanonicalPolicy(documents.policy));
    const { verdict } = await world.bundle({ bundle, artifact, policy: { identity: signer } }, io.signal);
    if (verdict.kind === "pass") return { problems: [], undecided: [] };
    if (verdict.kind === "fail") return told(verdict.reasons.map(({ reason }) => reason).join(", "));
    return { problems: [], undecided: verdict.gaps.map(({ detail }) => `the signature of the policy: ${detail}`) };
  } finally {
    await world.close();
  }
}

/** Neither half of an identity has a default, and a bundle without either is not to be passed over in silence. */
function readSigner({ requireSignedPolicy: san, issuer, bundle }: SignatureOptions) {
  if (san !== undefined && issuer !== undefined) return { san, issuer };
  if (san === undefined && issuer === undefined && bundle === undefined) return undefined;
  throw new Fault("input.missing", "--require-signed-policy and --issuer go together");
}

async function readBundle(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readInput(path, BUNDLE_BYTES_MAX);
  } catch (error) {
    if (error instanceof Fault && error.id === "input.missing") return undefined;
    throw error;
  }
}

function problemOf(file: string, san: string, code: string): PolicyProblem {
  return {
    id: "TP009",
    level: "error",
    file,
    line: 1,
    column: 1,
    path: "",
    message: `policy not signed by ${san}: ${code}`,
    fix: POLICY_CODES.TP009.fix,
  };
}

import { readFile, stat } from "node:fs/promises";
import { verifyPrehashed } from "../../adapters/noble/verify-prehashed.ts";
import { fileSource } from "../../adapters/tuf/file-source.ts";
import { seedSource } from "../../adapters/tuf/seed-source.ts";
import { verifyBundle, type BundleReason, type VerifyBundleRequest } from "../../capabilities/verify/verify-bundle.ts";
import { parseSha256Hex } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { malformed, parsed, type Parsed } from "../../core/parsed.ts";
import { fail, type Verdict } from "../../core/verdict.ts";
import { readPublicKeyPem } from "../../core/verify/public-key-pem.ts";
import type { ExpectedSigner } from "../../core/verify/policy.ts";
import type { TrustRootSource } from "../../ports/trust-root-source.ts";
import { asNodeError } from "../node-error.ts";
import { parseConformanceArguments, type ConformanceRequest } from "./arguments.ts";

/** What the suite is told: 0 accepted, 1 not. A bug is neither, and ends the process with 70. */
export type ConformanceAnswer = { readonly exit: 0 | 1; readonly text: string };

type VerifyRequest = Extract<ConformanceRequest, { command: "verify-bundle" }>;

/** One call of the conformance suite: arguments in, exit code and one line out. */
export async function runConformance(args: readonly string[], signal: AbortSignal): Promise<ConformanceAnswer> {
  const request = parseConformanceArguments(args);
  if (!request.ok) return { exit: 1, text: `${request.code}: ${request.detail}\n` };
  try {
    if (request.value.command === "verify-bundle") return toAnswer(await verify(request.value, signal));
    // Loaded here: a verification needs no network client.
    const { signForConformance } = await import("./sign.ts");
    return toAnswer(await signForConformance(request.value, signal));
  } catch (error) {
    if (error instanceof Fault) return { exit: 1, text: `${error.id}: ${error.subject}\n` };
    throw error;
  }
}

function toAnswer(verdict: Verdict<string>): ConformanceAnswer {
  if (verdict.kind === "pass") return { exit: 0, text: "accepted\n" };
  const lines =
    verdict.kind === "fail"
      ? verdict.reasons.map(({ reason, detail }) => `${reason}: ${detail}\n`)
      : verdict.gaps.map(({ missing, detail }) => `unknown: ${missing}: ${detail}\n`);
  return { exit: 1, text: lines.join("") };
}

async function verify(request: VerifyRequest, signal: AbortSignal): Promise<Verdict<BundleReason>> {
  const signer = await readSigner(request);
  if (!signer.ok) return fail(signer.code, signer.detail);
  const answer = await verifyBundle({ trust: trustOf(request), verifyPrehashed })(
    {
      bundle: await readInput(request.bundle),
      artifact: await readArtifact(request.fileOrDigest),
      policy: signer.value,
    },
    signal,
  );
  return answer.verdict;
}

function trustOf({ trustedRoot, staging }: VerifyRequest): TrustRootSource {
  if (trustedRoot !== undefined) return fileSource({ path: trustedRoot });
  if (staging) throw new Fault("trust.invalid", "no root of the staging instance is shipped; give --trusted-root");
  return seedSource();
}

async function readSigner({ signer }: VerifyRequest): Promise<Parsed<ExpectedSigner, BundleReason>> {
  if (signer.kind === "identity") return parsed({ identity: { issuer: signer.issuer, san: signer.identity } });
  const key = readPublicKeyPem(await readInput(signer.file));
  return key.ok ? parsed({ key: key.value }) : malformed(key.code, `${signer.file}: ${key.detail}`);
}

/** A digest is one only where no file has that name. */
async function readArtifact(fileOrDigest: string): Promise<VerifyBundleRequest["artifact"]> {
  const digest = fileOrDigest.startsWith("sha256:") ? parseSha256Hex(fileOrDigest.slice(7)) : undefined;
  if (!digest) return readInput(fileOrDigest);
  const isFile = await stat(fileOrDigest).then(
    () => true,
    () => false,
  );
  return isFile ? readInput(fileOrDigest) : { algorithm: "sha256", bytes: digest };
}

async function readInput(path: string): Promise<Uint8Array> {
  try {
    const { buffer, byteOffset, byteLength } = await readFile(path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (cause) {
    throw new Fault(asNodeError(cause)?.code === "ENOENT" ? "input.missing" : "input.unreadable", path, { cause });
  }
}

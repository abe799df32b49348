import type { SigningJob } from "../../capabilities/sign/job.ts";
import { Fault } from "../../core/fault.ts";
import { isAllowedRepository } from "../../core/sign/allowed-repository.ts";
import type { Finding, NonEmpty } from "../../core/verdict.ts";
import type { SigningReason } from "../../core/sign/reason.ts";
import { explainFailure } from "../exit.ts";
import type { Io } from "../io.ts";
import { paintFor } from "../output/paint.ts";
import { visible } from "../output/visible.ts";
import { renderSigning } from "../sign/render.ts";
import { exitOfRefusal, faultOfRefusal } from "../sign/settle.ts";
import type { StepSetup, StepWorld } from "../wiring/sign-step.ts";
import { openSignStep } from "../wiring/sign-step.ts";
import { countChildren, fetchSbom } from "./handed-over.ts";
import { readStepOptions, type DigestReference, type StepOptions } from "./options.ts";
import { readPlacement, type SigningPlacement } from "./placement.ts";
import { SIGNATURES_MAX, toResults, writeResults } from "./results.ts";

/** Opens what the step needs; replaced in tests that let a service fail. */
export type OpenStep = (setup: StepSetup, signal: AbortSignal) => Promise<StepWorld>;

/**
 * The signing step, whole: reads its arguments, signs, writes its results. Always resolves: what went wrong is on stderr,
 * its code alone on the last line, and in `io.exit`.
 */
export async function runSignStep(argv: readonly string[], io: Io, open: OpenStep = openSignStep): Promise<void> {
  try {
    const refusal = await signAsTold(argv, io, open);
    if (!refusal) return;
    const fault = faultOfRefusal(refusal);
    if (fault) throw fault;
    io.err(`${refusal.reason}: ${visible(refusal.detail)}\n  Nothing was attached to the image.\n${refusal.reason}\n`);
    io.exit(exitOfRefusal(refusal));
  } catch (error) {
    if (io.signal.aborted && !(error instanceof Fault)) return;
    const { text, exit } = explainFailure(error, false);
    io.err(`${text}${error instanceof Fault ? error.id : "bug"}\n`);
    io.exit(exit);
  }
}

async function signAsTold(
  argv: readonly string[],
  io: Io,
  open: OpenStep,
): Promise<Finding<SigningReason> | undefined> {
  const options = readStepOptions(argv);
  const placement = await readPlacement(options.placement);
  const stranger = [options.image, ...(options.sbom ? [options.sbom] : [])].find(
    ({ repository }) => !isAllowedRepository(repository, placement.repositories),
  );
  // Before anything is asked of anybody: whoever names a foreign registry would be sent our credentials for it.
  if (stranger) return { reason: "placement-repository", detail: foreign(stranger) };
  const { tokenFile, registryAuth } = options;
  const world = await open({ placement, tokenFile, ...(registryAuth !== undefined && { registryAuth }) }, io.signal);
  try {
    const jobs = await toJobs(world, options, placement, io.signal);
    const outcome = await world.sign(jobs, io.signal);
    if (outcome.verdict.kind === "fail") return outcome.verdict.reasons[0];
    await writeResults(options.results, toResults(outcome, options.image.digest));
    io.out(renderSigning(outcome, paintFor(io, io.outTerminal)));
    return undefined;
  } finally {
    await world.close();
  }
}

function foreign({ repository }: DigestReference): string {
  return `${repository} is none of the repositories that the placement allows`;
}

async function toJobs(
  { registry }: StepWorld,
  { image, recursive, sbom }: StepOptions,
  { layout }: SigningPlacement,
  signal: AbortSignal,
): Promise<NonEmpty<SigningJob>> {
  const target = { repository: image.repository, reference: image.digest, layout };
  const found = recursive ? await registry.manifest(image.repository, image.digest, signal) : undefined;
  const count = 1 + (found ? countChildren(found.bytes) : 0) + (sbom ? 1 : 0);
  if (count > SIGNATURES_MAX) {
    const detail = `${image.repository}@${image.digest}: ${count} signatures, and ${SIGNATURES_MAX} fit into the results`;
    throw new Fault("input.malformed", `${detail}; leave --recursive out: the index's signature covers what it names`);
  }
  const attestation: readonly SigningJob[] = sbom
    ? [{ kind: "attestation", image: target, ...(await fetchSbom(registry, sbom, signal)) }]
    : [];
  return [{ kind: "image", image: target, recursive }, ...attestation];
}

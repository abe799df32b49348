import type { SigningJob } from "../../capabilities/sign/job.ts";
import { Fault } from "../../core/fault.ts";
import { parsed, type Parsed } from "../../core/parsed.ts";
import {
  judgeRunProvenance,
  PROVENANCE_PREDICATE_TYPE,
  type ProvenanceReason,
} from "../../core/pipelines/run-provenance.ts";
import { isAllowedRepository } from "../../core/sign/allowed-repository.ts";
import type { Finding, NonEmpty } from "../../core/verdict.ts";
import type { SigningReason } from "../../core/sign/reason.ts";
import { explainFailure } from "../exit.ts";
import type { ExitCode, Io } from "../io.ts";
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
    const { reason, detail, exit } = refusal;
    io.err(`${reason}: ${visible(detail)}\n  Nothing was attached to the image.\n${reason}\n`);
    io.exit(exit);
  } catch (error) {
    if (io.signal.aborted && !(error instanceof Fault)) return;
    const { text, exit } = explainFailure(error, false);
    io.err(`${text}${error instanceof Fault ? error.id : "bug"}\n`);
    io.exit(exit);
  }
}

/** A definite no, and how it ends. */
type Refusal = { readonly reason: SigningReason | ProvenanceReason; readonly detail: string; readonly exit: ExitCode };

async function signAsTold(argv: readonly string[], io: Io, open: OpenStep): Promise<Refusal | undefined> {
  const options = readStepOptions(argv);
  const placement = await readPlacement(options.placement);
  const { image, sbom, tokenFile, registryAuth, apiTokenFile, apiCaFile } = options;
  const stranger = [image, ...(sbom ? [sbom] : [])].find(
    ({ repository }) => !isAllowedRepository(repository, placement.repositories),
  );
  // Before anything is asked of anybody: whoever names a foreign registry would be sent our credentials for it.
  if (stranger) return { reason: "placement-repository", detail: foreign(stranger), exit: 1 };
  const files = { tokenFile, apiTokenFile, apiCaFile, ...(registryAuth !== undefined && { registryAuth }) };
  const world = await open({ placement, ...files }, io.signal);
  try {
    const jobs = await toJobs(world, options, placement, io.signal);
    if (!jobs.ok) return { reason: jobs.code, detail: jobs.detail, exit: 1 };
    const outcome = await world.sign(jobs.value, io.signal);
    if (outcome.verdict.kind === "fail") return toRefusal(outcome.verdict.reasons[0]);
    await writeResults(options.results, toResults(outcome, image.digest));
    io.out(renderSigning(outcome, paintFor(io, io.outTerminal)));
    return undefined;
  } finally {
    await world.close();
  }
}

function foreign({ repository }: DigestReference): string {
  return `${repository} is none of the repositories that the placement allows`;
}

function toRefusal(finding: Finding<SigningReason>): Refusal {
  const fault = faultOfRefusal(finding);
  if (fault) throw fault;
  return { ...finding, exit: exitOfRefusal(finding) };
}

async function toJobs(
  { registry, readRun }: StepWorld,
  { image, recursive, sbom, taskRun }: StepOptions,
  { layout }: SigningPlacement,
  signal: AbortSignal,
): Promise<Parsed<NonEmpty<SigningJob>, ProvenanceReason>> {
  const target = { repository: image.repository, reference: image.digest, layout };
  const found = recursive ? await registry.manifest(image.repository, image.digest, signal) : undefined;
  const count = 1 + (found ? countChildren(found.bytes) : 0) + (sbom ? 1 : 0) + (readRun ? 1 : 0);
  if (count > SIGNATURES_MAX) {
    const detail = `${image.repository}@${image.digest}: ${count} signatures, and ${SIGNATURES_MAX} fit into the results`;
    throw new Fault("input.malformed", `${detail}; leave --recursive out: the index's signature covers what it names`);
  }
  const attestations: SigningJob[] = [];
  if (sbom) attestations.push({ kind: "attestation", image: target, ...(await fetchSbom(registry, sbom, signal)) });
  if (readRun) {
    if (taskRun === "") throw new Fault("option.missing", "--task-run: the placement asks for provenance");
    const predicate = judgeRunProvenance(await readRun({ digest: image.digest, taskRun }, signal));
    if (!predicate.ok) return predicate;
    const predicateType = PROVENANCE_PREDICATE_TYPE;
    attestations.push({ kind: "attestation", image: target, predicateType, predicate: predicate.value });
  }
  return parsed([{ kind: "image", image: target, recursive }, ...attestations]);
}

import { systemClock } from "../../adapters/system/clock.ts";
import { readDocuments, type DocumentFile } from "../../adapters/manifests/documents.ts";
import { Fault } from "../../core/fault.ts";
import type { SignerPolicy } from "../../core/policy/signer-policy.ts";
import { renderProblem } from "../../core/policy/problem.ts";
import type { PolicyContext } from "../../core/policy/read/context.ts";
import { readPolicySet, type PolicyDocuments } from "../../core/policy/read/read-set.ts";
import { toSignerPolicy } from "../../core/policy/to-signer-policy.ts";
import type { Config } from "../config/config.ts";
import { readDocumentFiles } from "../policy/document-files.ts";
import { toPolicyContext } from "../policy/policy-context.ts";
import { patternEngine } from "./policy-set.ts";

/**
 * The policy that the configuration names, as detection and the inventory ask of it; `undefined` when it names none. The
 * same reader as admission's. Faults: `config.invalid`, those of reading.
 */
export async function openPolicy(config: Config): Promise<SignerPolicy | undefined> {
  const documents = await readConfiguredPolicy(config);
  return documents && toSignerPolicy(documents, patternEngine);
}

/** The documents of the policy that the configuration names; `undefined` when it names none. Faults: as `openPolicy`. */
export async function readConfiguredPolicy(config: Config): Promise<PolicyDocuments | undefined> {
  const { file } = config.policy;
  if (file === undefined) return undefined;
  const context = toPolicyContext(config, { now: systemClock.now(), purpose: "load", patterns: patternEngine });
  return readWhole(await readDocumentFiles([file]), context);
}

/** Reads a policy set as detection and the inventory ask of it. Faults: `config.invalid`. */
export function readSignerPolicy(files: readonly DocumentFile[], context: PolicyContext): SignerPolicy {
  return toSignerPolicy(readWhole(files, context), context.patterns);
}

function readWhole(files: readonly DocumentFile[], context: PolicyContext): PolicyDocuments {
  const read = readDocuments(files);
  const { documents, problems } =
    read.problems.length > 0
      ? { documents: undefined, problems: read.problems }
      : readPolicySet(read.documents, context);
  if (documents) return documents;
  const first = problems.find(({ level }) => level === "error");
  throw new Fault("config.invalid", `policy.file: ${first ? renderProblem(first) : "not read"}`);
}

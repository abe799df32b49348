import { gitDocumentHistory } from "../../adapters/git/document-history.ts";
import { readDocuments } from "../../adapters/manifests/documents.ts";
import { Fault } from "../../core/fault.ts";
import { policyHash } from "../../core/policy/canonical.ts";
import { diffPolicies, type PolicyChange } from "../../core/policy/diff.ts";
import { renderProblem } from "../../core/policy/problem.ts";
import type { PolicyContext } from "../../core/policy/read/context.ts";
import { readPolicySet } from "../../core/policy/read/read-set.ts";
import type { TrustPolicySet } from "../../core/policy/trust-policy.ts";
import type { UnixMs } from "../../core/time.ts";
import type { DocumentVersion } from "../../ports/document-history.ts";
import { readConfig } from "../config/read.ts";
import { isDocumentName } from "../policy/document-files.ts";
import { toPolicyContext } from "../policy/policy-context.ts";
import { patternEngine } from "./policy-set.ts";

export type HistorySetup = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config?: string | undefined;
  /** A policy file or folder, instead of the configured one. */
  readonly path?: string | undefined;
  readonly versionsMax: number;
  readonly now: UnixMs;
  readonly signal: AbortSignal;
};

/** One version of a policy set, and what it changed against the one before. */
export type PolicyVersion = Omit<DocumentVersion, "files"> & {
  /** `undefined` where it cannot be read as a policy. */
  readonly policy: { readonly name: string; readonly revision?: number; readonly hash: string } | undefined;
  /** The first reason why not; empty when it was read. */
  readonly problem: string;
  /** `undefined` where this version or the one before cannot be read, or is beyond what was looked at. */
  readonly changes: readonly PolicyChange[] | undefined;
};

export type PolicyHistory = { readonly versions: readonly PolicyVersion[]; readonly isCut: boolean };

/** Reads the versions of a policy set out of Git, the newest first. Faults: those of the configuration and of Git; `input.missing`. */
export async function policyHistory(setup: HistorySetup): Promise<PolicyHistory> {
  const config = await readConfig({ env: setup.env, file: setup.config });
  const at = setup.path ?? config.policy.file;
  if (at === undefined)
    throw new Fault("input.missing", "a policy file or folder, or policy.file in the configuration");
  const history = gitDocumentHistory({ at, isDocument: isDocumentName, path: setup.env["PATH"] });
  // One more than is shown, for the oldest to be held against.
  const { versions, isCut } = await history.read(setup.versionsMax + 1, setup.signal);
  const context = toPolicyContext(config, { now: setup.now, purpose: "load", patterns: patternEngine });
  const read = versions.map((version) => ({ version, ...readSet(version, context) }));
  const shown = read.slice(0, setup.versionsMax).map(({ version, policy, problem }, i) => {
    const { commit, author, committer, subject, isSigned } = version;
    const before = read[i + 1];
    const isFirst = before === undefined && !isCut;
    const against = isFirst ? EMPTY : before?.policy;
    return {
      commit,
      at: version.at,
      author,
      committer,
      subject,
      isSigned,
      policy: policy && nameOf(policy),
      problem,
      changes: policy && against ? diffPolicies(against, policy, patternEngine) : undefined,
    };
  });
  return { versions: shown, isCut: isCut || read.length > setup.versionsMax };
}

/** Before the first version nobody was trusted. */
const EMPTY: TrustPolicySet = {
  name: "",
  unmatched: { kind: "deny" },
  pin: "mutate",
  enforcement: { byDefault: { kind: "enforce" }, namespaces: [], exempt: [] },
  families: [],
  authorities: {},
  limits: {},
};

function readSet(
  { files }: DocumentVersion,
  context: PolicyContext,
): { readonly policy: TrustPolicySet | undefined; readonly problem: string } {
  if (files.length === 0) return { policy: undefined, problem: "there was no document" };
  const { documents, problems } = readDocuments(files);
  const read = problems.length > 0 ? { problems } : readPolicySet(documents, context);
  const first = read.problems.find(({ level }) => level === "error");
  const policy = "documents" in read ? read.documents?.policy : undefined;
  return { policy, problem: policy ? "" : first ? renderProblem(first) : "not read" };
}

function nameOf(policy: TrustPolicySet) {
  const { name, revision } = policy;
  return { name, hash: policyHash(policy), ...(revision !== undefined && { revision }) };
}

import { readDocuments } from "../../adapters/manifests/documents.ts";
import { re2jsCompiler } from "../../adapters/re2js/regex-compiler.ts";
import type { PatternEngine, PolicyContext } from "../../core/policy/read/context.ts";
import { readPolicySet, type PolicySetReading } from "../../core/policy/read/read-set.ts";
import type { UnixMs } from "../../core/time.ts";
import { readConfig } from "../config/read.ts";
import { readDocumentFiles } from "../policy/document-files.ts";
import { toPolicyContext } from "../policy/policy-context.ts";

/** Where a policy set lies, and what it is read against. */
export type PolicySetup = {
  readonly paths: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config?: string | undefined;
  readonly now: UnixMs;
  readonly purpose: PolicyContext["purpose"];
};

/** The engine that policies are read and compared with. */
export const patternEngine: PatternEngine = re2jsCompiler;

/** Reads the policy set of some files and folders. Faults: those of reading, and of the configuration. */
export async function openPolicySet({ paths, env, config, now, purpose }: PolicySetup): Promise<PolicySetReading> {
  const [files, known] = await Promise.all([readDocumentFiles(paths), readConfig({ env, file: config })]);
  const read = readDocuments(files);
  // What was refused as text is not judged as a policy: half of a file would give problems that are none.
  if (read.problems.length > 0) return { problems: read.problems, unchecked: [] };
  return readPolicySet(read.documents, toPolicyContext(known, { now, purpose, patterns: patternEngine }));
}

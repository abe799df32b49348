import { readdir } from "node:fs/promises";
import { readDocuments, type DocumentFile } from "../../adapters/manifests/documents.ts";
import { Fault } from "../../core/fault.ts";
import { renderProblem } from "../../core/policy/problem.ts";
import { readDenyRegister } from "../../core/policy/read/read-set.ts";
import type { DenyRule } from "../../core/policy/trust-policy.ts";
import { readDocumentFiles } from "../policy/document-files.ts";

/** The ConfigMap in which a cluster keeps its deny rules, beside the one with its policy. */
export const DENY_CONFIG_MAP = "deny-rules";

/**
 * Reads a register of deny rules: a file, or a folder of files; one of which nothing is in denies nothing.
 * Faults: `policy.invalid`, those of reading.
 */
export async function readDenyRules(path: string): Promise<readonly DenyRule[]> {
  return toDenyRules((await isEmptyFolder(path)) ? [] : await readDocumentFiles([path]));
}

/** As an empty ConfigMap is mounted. */
async function isEmptyFolder(path: string): Promise<boolean> {
  const names = await readdir(path).catch(() => undefined);
  return names?.every((name) => name.startsWith(".")) === true;
}

/** The rules that files hold. Faults: `policy.invalid`. */
export function toDenyRules(files: readonly DocumentFile[]): readonly DenyRule[] {
  const { documents, problems } = readDocuments(files);
  const read = problems.length === 0 ? readDenyRegister(documents) : { problems };
  if ("rules" in read && read.rules) return read.rules;
  const [first] = read.problems;
  throw new Fault("policy.invalid", first ? renderProblem(first) : "unreadable");
}

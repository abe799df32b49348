import { readdir } from "node:fs/promises";
import { readDocuments, type DocumentFile } from "../../adapters/manifests/documents.ts";
import { lookAtRegister } from "../../capabilities/admit/deny-desk.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { renderProblem } from "../../core/policy/problem.ts";
import { readDenyRegister } from "../../core/policy/read/read-set.ts";
import type { DenyRule } from "../../core/policy/trust-policy.ts";
import type { ClusterOperator } from "../../ports/cluster-operator.ts";
import { readDocumentFiles } from "../policy/document-files.ts";

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

/** The rules in a text of documents. Faults: `policy.invalid`. */
export function readDenyText(path: string, text: string): readonly DenyRule[] {
  return toDenyRules([{ path, bytes: toUtf8(text) }]);
}

/**
 * Reads the register of a cluster through its API server: what is added there is known at the next look, and not only when
 * a kubelet has brought the ConfigMap. Faults: those of the operator, `policy.invalid`.
 */
export async function readDenyConfigMap(
  operator: Pick<ClusterOperator, "read">,
  namespace: string,
): Promise<readonly DenyRule[]> {
  const late = AbortSignal.timeout(LOOK_MS);
  try {
    const { rules } = await lookAtRegister({ operator, read: readDenyText }, namespace, late);
    return rules.map(({ rule }) => rule);
  } catch (cause) {
    if (cause instanceof Fault || !late.aborted) throw cause;
    throw new Fault("cluster.unreachable", "the register of deny rules", { cause });
  }
}

const LOOK_MS = 2_000;

/** The rules that files hold. Faults: `policy.invalid`. */
export function toDenyRules(files: readonly DocumentFile[]): readonly DenyRule[] {
  const { documents, problems } = readDocuments(files);
  const read = problems.length === 0 ? readDenyRegister(documents) : { problems };
  if ("rules" in read && read.rules) return read.rules;
  const [first] = read.problems;
  throw new Fault("policy.invalid", first ? renderProblem(first) : "unreadable");
}

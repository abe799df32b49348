import { readDefinitionFile } from "../../src/adapters/manifests/definition-file.ts";
import { readDocuments } from "../../src/adapters/manifests/documents.ts";
import { re2jsCompiler } from "../../src/adapters/re2js/regex-compiler.ts";
import { shellScriptReader } from "../../src/adapters/shell/script-reader.ts";
import { checkChange, type GatePorts, type GateQuestion } from "../../src/capabilities/gate/check-change.ts";
import type { GateReport } from "../../src/core/gate/report.ts";
import type { Planted } from "../../src/ports/change-source.contract.ts";
import type { ChangeSource } from "../../src/ports/change-source.ts";
import { memoryChange } from "./memory-change.ts";
import { CONTEXT } from "./policy-set.ts";

const never = new AbortController().signal;
export const SIGNER = "https://kubernetes.io/namespaces/pay/serviceaccounts/b";

export function policy(subject: string): string {
  return `apiVersion: policy.sigstore.dev/v1beta1
kind: ClusterImagePolicy
metadata: {name: pay}
spec:
  images: [{glob: "ghcr.io/acme/**"}]
  authorities: [{keyless: {url: "https://fulcio.sigstore.dev", identities: [{issuer: "https://kubernetes.default.svc", ${subject}}]}}]
`;
}

export const STRICT = policy(`subject: "${SIGNER}"`);
export const LOOSE = policy(`subjectRegExp: "^${SIGNER}"`);
export const THEORETICAL = policy(`subjectRegExp: "^(?:${SIGNER.replaceAll(".", "[.]")}|nobody)$"`);

/** Checks a change as wired, but for what is given. */
export function checkWith(
  given: Pick<GatePorts, "source"> & Partial<GatePorts>,
  question: GateQuestion = {},
): Promise<GateReport> {
  return checkChange({
    readManifests: readDefinitionFile,
    readStrictly: (path, bytes) => readDocuments([{ path, bytes }]),
    readScript: (text) => shellScriptReader.read(text),
    bundles: new Map(),
    patterns: re2jsCompiler,
    policies: CONTEXT,
    now: CONTEXT.now,
    engine: { version: "1", re2js: "2", unicode: "17" },
    ...given,
  })(question, never);
}

export function check(source: ChangeSource, question?: GateQuestion): Promise<GateReport> {
  return checkWith({ source }, question);
}

/** `exit verdict`, then `code level revision:file` of each finding. */
export async function judged(base: Planted, head: Planted, question?: GateQuestion): Promise<readonly string[]> {
  return shownOf(await check(memoryChange(base, head), question));
}

export function shownOf({ exit, verdict, findings, undecided }: GateReport): readonly string[] {
  const told = [...findings, ...undecided].map(
    ({ code, level, where }) => `${code} ${level} ${where.revision}:${where.file}`,
  );
  return [`${exit} ${verdict}`, ...new Set(told.toSorted())];
}

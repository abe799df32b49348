import { readDocuments } from "../../adapters/manifests/documents.ts";
import { re2jsCompiler } from "../../adapters/re2js/regex-compiler.ts";
import {
  policyInForce,
  rootOf,
  type PolicyInForce,
  type RootInForce,
} from "../../capabilities/admit/policy-in-force.ts";
import { digestRefOf } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import type { SourceDocument } from "../../core/policy/problem.ts";
import { renderProblem } from "../../core/policy/problem.ts";
import type { PolicyContext } from "../../core/policy/read/context.ts";
import { breakGlassIn } from "../../core/policy/read/break-glass.ts";
import { readPolicySet, type PolicyDocuments } from "../../core/policy/read/read-set.ts";
import type { BreakGlass, DenyRule } from "../../core/policy/trust-policy.ts";
import type { UnixMs } from "../../core/time.ts";
import type { Config } from "../config/config.ts";
import { readDocumentFiles, type DocumentFile } from "../policy/document-files.ts";
import { toPolicyContext } from "../policy/policy-context.ts";
import type { ReadGood } from "./keep-good.ts";
import { readBundles, requireSignature, type PolicySigner } from "./policy-signature.ts";
import type { ReadStores } from "./read-stores.ts";

export type LoadPolicy = {
  readonly config: Config;
  /** A file, or a folder whose files are one set. */
  readonly path: string;
  readonly cluster: string;
  readonly readRoots: ReadGood<RootInForce>;
  readonly readStores: ReadStores;
  /** The register of deny rules as it is now; none unless given. */
  readonly register?: () => readonly DenyRule[];
  /** Who must have signed the set; anybody may have written it unless given. */
  readonly signer?: PolicySigner;
};

/**
 * Reads a policy set and puts it into force. A revision below the one in force is refused (TP008): whoever can write old
 * files must not be able to bring old rules back. Where nothing has changed, it is the same value as before.
 * Faults: `policy.invalid`, those of reading.
 */
export function loadPolicy({
  config,
  path,
  cluster,
  readRoots,
  readStores,
  register,
  signer,
}: LoadPolicy): (now: UnixMs) => Promise<PolicyInForce> {
  let running: { readonly files: string; readonly trust: string; readonly policy: PolicyInForce } | undefined;
  let read: { readonly files: string; readonly set: PolicyDocuments } | undefined;
  return async (now) => {
    const found = await readDocumentFiles([path]);
    const files = hashOfFiles(found);
    const context = contextOf(config, now, running?.policy.set.revision);
    const set = read?.files === files ? read.set : readSet(found, context);
    read = { files, set };
    const { policy, exceptions, breakGlass, denyRules } = set;
    const named = Object.values(policy.authorities).flatMap((authority) => rootOf(authority) ?? []);
    const known = await readRoots([...new Set([...named, ...(signer ? [signer.domain] : [])])], now);
    if (signer && running?.files !== files) {
      requireSignature(policy, signer, await readBundles(path), known.get(signer.domain));
    }
    const roots = new Map([...known].filter(([name]) => named.includes(name)));
    const stores = await readStores(policy.authorities, now);
    const trust = [
      ...[...roots].map(([name, { hash, expired }]) => `${name} ${hash} ${expired}`),
      ...[...stores].map(([name, { hash }]) => `stores ${name} ${hash}`),
    ].join("\n");
    if (running?.files === files && running.trust === trust) return running.policy;
    const parts = { policy, exceptions, breakGlass, denyRules, roots, stores, cluster, ...(register && { register }) };
    running = { files, trust, policy: policyInForce(parts) };
    return running.policy;
  };
}

function hashOfFiles(files: readonly DocumentFile[]): string {
  return files.map(({ path, bytes }) => `${path} ${digestRefOf(bytes)}`).join("\n");
}

function readSet(files: readonly DocumentFile[], context: PolicyContext): PolicyDocuments {
  const { documents, problems } = readDocuments(files);
  const reading = problems.length === 0 ? readPolicySet(documents, context) : { problems };
  const [first, ...others] = reading.problems.filter(({ level }) => level === "error");
  if (!first && "documents" in reading && reading.documents) return reading.documents;
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  throw new Fault("policy.invalid", `${first ? renderProblem(first) : "unreadable"}${more}`);
}

/** What is wrong with documents, one line each; what a review of our own documents is answered with. */
export function problemsOf(documents: readonly SourceDocument[], config: Config, now: UnixMs): readonly string[] {
  const { problems } = readPolicySet(documents, contextOf(config, now, undefined));
  return problems.filter(({ level }) => level === "error").map(renderProblem);
}

/** The emergencies of documents. */
export function breakGlassOf(documents: readonly SourceDocument[], config: Config, now: UnixMs): readonly BreakGlass[] {
  return breakGlassIn(documents, contextOf(config, now, undefined));
}

function contextOf(config: Config, now: UnixMs, running: number | undefined): PolicyContext {
  const known = toPolicyContext(config, { now, purpose: "load", patterns: re2jsCompiler });
  return { ...known, ...(running !== undefined && { runningRevision: running }) };
}

import { undiciHttpClient } from "../../adapters/http/client.ts";
import { readDocuments } from "../../adapters/manifests/documents.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { Fault } from "../../core/fault.ts";
import { renderProblem, type SourceDocument } from "../../core/policy/problem.ts";
import { toDomainMaterial } from "../../core/policy/exports/domain-material.ts";
import type { DomainMaterial, ExchangeContext } from "../../core/policy/exports/engine.ts";
import { readTrustedRoot } from "../../core/trust/trusted-root.ts";
import type { Config, TrustDomainConfig } from "../config/config.ts";
import { readConfig } from "../config/read.ts";
import { readDocumentFiles } from "../policy/document-files.ts";
import { readInput } from "../read-input.ts";
import { patternEngine } from "./policy-set.ts";
import { cacheFolderOf, trustSourceOf } from "./trust-source.ts";

/** What an exchange of policies is made against, as a person says it. */
export type ExchangeSetup = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config?: string | undefined;
  /** Only these trust domains are read; all, unless given. */
  readonly domains?: readonly string[];
  /** A file of repositories, one a line. */
  readonly repositories?: string | undefined;
};

const REPOSITORIES_BYTES_MAX = 4 * 1024 * 1024;

/** Reads the trust roots whose certificates and keys engines have to be told. Faults: `trust.invalid`, those of reading. */
export async function openExchange(setup: ExchangeSetup, signal: AbortSignal): Promise<ExchangeContext> {
  const config = await readConfig({ env: setup.env, file: setup.config });
  const http = undiciHttpClient();
  try {
    const world = { http, clock: systemClock, cacheFolder: cacheFolderOf(setup.env) };
    const wanted = config.trust.domains.filter(({ name }) => setup.domains?.includes(name) ?? true);
    const domains = await Promise.all(
      wanted.map(async (domain) => {
        const { trustedRoot } = await (await trustSourceOf(domain, world)).read(signal);
        return [domain.name, toMaterial(domain, trustedRoot, config)] as const;
      }),
    );
    return {
      domains: Object.fromEntries(domains),
      repositories: await readRepositories(setup.repositories),
      patterns: patternEngine,
    };
  } finally {
    await http.close();
  }
}

function toMaterial(domain: TrustDomainConfig, bytes: Uint8Array, config: Config): DomainMaterial {
  const root = readTrustedRoot(bytes);
  if (!root.ok) throw new Fault("trust.invalid", `${domain.name}: ${root.code}: ${root.detail}`);
  const logs = config.logs.filter(({ name }) => domain.logs.includes(name));
  return toDomainMaterial(root.value, {
    isPublic: domain.preset === "sigstore-public",
    logs,
  });
}

async function readRepositories(path: string | undefined): Promise<readonly string[]> {
  if (path === undefined) return [];
  const text = new TextDecoder().decode(await readInput(path, REPOSITORIES_BYTES_MAX));
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** Reads the documents of an engine. Faults: `input.malformed`, those of reading. */
export async function openForeign(paths: readonly string[]): Promise<readonly SourceDocument[]> {
  const { documents, problems } = readDocuments(await readDocumentFiles(paths));
  const [first] = problems;
  if (first) throw new Fault("input.malformed", renderProblem(first));
  return documents;
}

import { join } from "node:path";
import { undiciHttpClient } from "../../adapters/http/client.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { readIfThere } from "../../adapters/virtual/files.ts";
import { sameBytes } from "../../core/bytes/bytes.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { sha256 } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { PRODUCT } from "../../core/names.ts";
import { readTrustArchive, renderTrustArchive, type ReadArchive } from "../../core/trust/trust-archive.ts";
import { readTrustedRoot, type TrustedRoot } from "../../core/trust/trusted-root.ts";
import type { TrustMaterial } from "../../ports/trust-root-source.ts";
import type { TrustDomainConfig } from "../config/config.ts";
import { readConfig } from "../config/read.ts";
import { packageVersion } from "../package-version.ts";
import { readInput } from "../read-input.ts";
import { makeOutputFolder, writeOutput } from "../write-output.ts";
import { cacheFolderOf, trustSourceOf } from "./trust-source.ts";

export type TrustSetup = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config?: string | undefined;
  readonly signal: AbortSignal;
};

/** A trust domain as it is now: its documents, or why they cannot be had. */
export type DomainNow = {
  readonly name: string;
  readonly source: string;
  readonly material?: TrustMaterial;
  readonly root?: TrustedRoot;
  readonly fault?: Fault;
};

/** Every configured domain, each by itself. Faults: those of the configuration. */
export async function readDomains({ env, config: file, signal }: TrustSetup): Promise<readonly DomainNow[]> {
  const config = await readConfig({ env, file });
  return Promise.all(config.trust.domains.map((domain) => readDomain(domain, env, signal)));
}

async function readDomain(domain: TrustDomainConfig, env: TrustSetup["env"], signal: AbortSignal): Promise<DomainNow> {
  const named = { name: domain.name, source: sourceText(domain) };
  const http = undiciHttpClient();
  try {
    const source = await trustSourceOf(domain, { http, clock: systemClock, cacheFolder: cacheFolderOf(env) });
    const material = await source.read(signal);
    const root = readTrustedRoot(material.trustedRoot);
    if (!root.ok) throw new Fault("trust.invalid", `${domain.name}: ${root.code}: ${root.detail}`);
    return { ...named, material, root: root.value };
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return { ...named, fault };
  } finally {
    await http.close();
  }
}

function sourceText({ root, preset }: TrustDomainConfig): string {
  if (root?.file) return `file ${root.file.trustedRootFile}${root.file.sha256 === undefined ? "" : ", pinned"}`;
  return root?.tuf ? `tuf ${root.tuf.url}` : `preset ${preset ?? "none"}`;
}

export type Exported = {
  readonly domain: string;
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
};

/** Writes the documents of one domain for a place that cannot fetch them. Faults: as its source; `trust.expired`. */
export async function exportTrust(setup: TrustSetup, domain: string, out: string): Promise<Exported> {
  const config = await readConfig({ env: setup.env, file: setup.config });
  const known = config.trust.domains.find(({ name }) => name === domain);
  if (!known) throw new Fault("input.unknown", `trust.domains: no "${domain}"`);
  const { material, fault } = await readDomain(known, setup.env, setup.signal);
  if (!material) throw fault ?? new Fault("trust.invalid", domain);
  if (material.state === "expired") throw new Fault("trust.expired", `${domain}: ${material.reason}`);
  const { trustedRoot, signingConfig } = material;
  const archive = { domain, asOf: systemClock.now(), trustedRoot, ...(signingConfig && { signingConfig }) };
  const bytes = renderTrustArchive(archive, { name: PRODUCT, version: packageVersion() });
  await writeOutput(out, bytes);
  return { domain, file: out, sha256: toHex(sha256(bytes)), bytes: bytes.length };
}

export type Imported = {
  readonly archive: ReadArchive;
  readonly trustedRootFile: string;
  readonly sha256: string;
  readonly signingConfigFile?: string;
};

export type ImportRequest = {
  readonly file: string;
  /** What the maker of the archive says it is. */
  readonly sha256: string;
  readonly out: string;
  readonly replace: boolean;
};

const ARCHIVE_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Takes an archive that is the one its maker speaks of, and lays its documents down in a folder of its domain. A domain has
 * one root: another one under its name is replaced when that is asked for, and never joined to it. A root that another
 * domain of the configuration stands under is refused, since one signature would then be of two domains.
 */
export async function importTrust(setup: TrustSetup, request: ImportRequest): Promise<Imported> {
  const bytes = await readInput(request.file, ARCHIVE_BYTES_MAX);
  const digest = toHex(sha256(bytes));
  if (digest !== request.sha256)
    throw new Fault("trust.pin-mismatch", `${request.file}: sha256 ${digest}, not ${request.sha256}`);
  const read = readTrustArchive(bytes);
  if (!read.ok) throw new Fault("trust.invalid", `${request.file}: ${read.code}: ${read.detail}`);
  const archive = read.value;
  await refuseShared(setup, archive);
  const folder = join(request.out, archive.domain);
  const trustedRootFile = join(folder, "trusted_root.json");
  const before = await readIfThere(trustedRootFile);
  if (before && !sameBytes(before, archive.trustedRoot) && !request.replace) {
    throw new Fault(
      "output.unwritable",
      `${trustedRootFile}: holds another root; --replace puts this one in its place`,
    );
  }
  makeOutputFolder(folder);
  await writeOutput(trustedRootFile, archive.trustedRoot);
  const { signingConfig } = archive;
  const signingConfigFile = signingConfig && join(folder, "signing_config.json");
  if (signingConfig && signingConfigFile !== undefined) await writeOutput(signingConfigFile, signingConfig);
  const written = { archive, trustedRootFile, sha256: toHex(sha256(archive.trustedRoot)) };
  return { ...written, ...(signingConfigFile !== undefined && { signingConfigFile }) };
}

async function refuseShared(setup: TrustSetup, { domain, root }: ReadArchive): Promise<void> {
  const config = await readConfig({ env: setup.env, file: setup.config });
  const others = config.trust.domains.filter(({ name }) => name !== domain);
  for (const other of others) {
    // oxlint-disable-next-line no-await-in-loop -- few, one after the other
    const now = await readDomain(other, setup.env, setup.signal);
    if (now.root && sameBytes(now.root.trustId, root.trustId)) {
      throw new Fault("trust.invalid", `${domain}: domain ${other.name} has the same root`);
    }
  }
}

import { systemClock } from "../../adapters/system/clock.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { Config } from "../config/config.ts";
import { openDomain, thresholdsOf } from "./trust-domain.ts";
import { cacheFolderOf, trustSourceOf } from "./trust-source.ts";

/** The roots of all trust domains by name: compiled, and as the documents they were. */
export type OpenTrusts = {
  readonly compiled: ReadonlyMap<string, CompiledTrust>;
  readonly documents: ReadonlyMap<string, Uint8Array>;
};

const ROOT_MS = 30_000;

/** Reads the root of every trust domain. Faults: those of the sources, `trust.invalid`, `trust.expired`. */
export async function openTrusts(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
  http: HttpClient,
): Promise<OpenTrusts> {
  const world = { http, clock: systemClock, cacheFolder: cacheFolderOf(env) };
  const opened = await Promise.all(
    config.trust.domains.map(async (domain) => {
      const source = await trustSourceOf(domain, world);
      const material = await source.read(AbortSignal.timeout(ROOT_MS));
      const { trust } = await openDomain(
        { read: async () => material },
        thresholdsOf(domain),
        AbortSignal.timeout(ROOT_MS),
      );
      return { name: domain.name, trust, document: material.trustedRoot };
    }),
  );
  return {
    compiled: new Map(opened.map(({ name, trust }) => [name, trust])),
    documents: new Map(opened.map(({ name, document }) => [name, document])),
  };
}

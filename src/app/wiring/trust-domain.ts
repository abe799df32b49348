import { Fault } from "../../core/fault.ts";
import { compileTrust } from "../../core/trust/compile-trust.ts";
import type { CompiledTrust, Thresholds } from "../../core/trust/compiled-trust.ts";
import { readSigningConfig, type SigningConfig } from "../../core/trust/signing-config.ts";
import { readTrustedRoot } from "../../core/trust/trusted-root.ts";
import type { TrustMaterial, TrustRootSource } from "../../ports/trust-root-source.ts";
import type { Config, TrustDomainConfig } from "../config/config.ts";
import { coversRepository } from "./placement.ts";

/** A trust domain ready for use. */
export type OpenDomain = {
  readonly trust: CompiledTrust;
  readonly signingConfig?: SigningConfig;
  readonly freshness: Pick<TrustMaterial, "state" | "reason">;
};

/** Reads and compiles the root of a domain. Faults: `trust.invalid`, `trust.expired`, those of the source. */
export async function openDomain(
  source: TrustRootSource,
  thresholds: Partial<Thresholds>,
  signal: AbortSignal,
): Promise<OpenDomain> {
  const { trustedRoot, signingConfig, state, reason } = await source.read(signal);
  if (state === "expired") throw new Fault("trust.expired", reason);
  const root = readTrustedRoot(trustedRoot);
  if (!root.ok) throw new Fault("trust.invalid", `${root.code}: ${root.detail}`);
  const trust = compileTrust(root.value, { thresholds });
  if (!trust.ok) throw new Fault("trust.invalid", `${trust.code}: ${trust.detail}`);
  const freshness = { state, reason };
  if (!signingConfig) return { trust: trust.value, freshness };
  const config = readSigningConfig(signingConfig);
  if (!config.ok) throw new Fault("trust.invalid", `${config.code}: ${config.detail}`);
  return { trust: trust.value, signingConfig: config.value, freshness };
}

/** The configuration speaks of `tsa` where the verifier counts times, whoever states them. */
export function thresholdsOf({ thresholds }: TrustDomainConfig): Thresholds {
  return { sct: thresholds.sct, log: thresholds.log, time: thresholds.tsa };
}

/**
 * The domain that signs and judges a repository: the one named, else the first placement that covers it, else the default
 * placement, else the only domain there is. Faults: `config.invalid`.
 */
export function domainFor(
  config: Config,
  ask: { readonly placement?: string | undefined; readonly repository?: string | undefined },
): TrustDomainConfig {
  const { domains } = config.trust;
  const name = ask.placement ?? placementFor(config, ask.repository);
  const found =
    name === undefined && domains.length === 1 ? domains[0] : domains.find((domain) => domain.name === name);
  if (found) return found;
  const about =
    name === undefined ? "no placement covers the repository, and none is the default" : `no domain "${name}"`;
  throw new Fault("config.invalid", `trust.domains: ${about}`);
}

function placementFor({ placements }: Config, repository: string | undefined): string | undefined {
  const covering = placements.find(({ match }) =>
    match.repositories.some((pattern) => repository !== undefined && coversRepository(pattern, repository)),
  );
  return (covering ?? placements.find(({ match }) => match.default))?.domain;
}

import { toHex } from "../../core/bytes/hex.ts";
import { Fault } from "../../core/fault.ts";
import { compileTrust } from "../../core/trust/compile-trust.ts";
import { readTrustedRoot } from "../../core/trust/trusted-root.ts";
import type { RootInForce } from "../../capabilities/admit/policy-in-force.ts";
import type { TrustRootSource } from "../../ports/trust-root-source.ts";
import type { Config, TrustDomainConfig } from "../config/config.ts";
import { thresholdsOf } from "../wiring/trust-domain.ts";
import { trustSourceOf, type TrustWorld } from "../wiring/trust-source.ts";
import { keepGood, type ReadGood } from "./keep-good.ts";

/** How long a root is good for without a look at where it comes from. */
const FRESH_MS = 60_000;
/** How long a root may take; a TUF repository that hangs must not keep a new policy out. */
const READ_MS = 20_000;

/**
 * Reads trusted roots by domain, and keeps the last good one of each: a file that was overwritten with nonsense, or a
 * repository that is down, must not take the root away from a running webhook. `onFault` hears of each, once.
 */
export function rootReader(
  config: Config,
  world: TrustWorld,
  onFault: (root: string, fault: Fault) => void,
): ReadGood<RootInForce> {
  const sources = new Map<string, TrustRootSource>();
  const read = async (name: string): Promise<RootInForce | undefined> => {
    const domain = config.trust.domains.find((known) => known.name === name);
    if (!domain) return undefined;
    const source = sources.get(name) ?? (await trustSourceOf(domain, world));
    sources.set(name, source);
    return toRoot(config, domain, await source.read(AbortSignal.timeout(READ_MS)));
  };
  return keepGood({ read, freshMs: FRESH_MS, onFault });
}

type Material = Awaited<ReturnType<TrustRootSource["read"]>>;

function toRoot(config: Config, domain: TrustDomainConfig, { trustedRoot, state }: Material): RootInForce {
  const root = readTrustedRoot(trustedRoot);
  if (!root.ok) throw new Fault("trust.invalid", `${domain.name}: ${root.code}, ${root.detail}`);
  const compiled = compileTrust(root.value, { thresholds: thresholdsOf(domain) });
  if (!compiled.ok) throw new Fault("trust.invalid", `${domain.name}: ${compiled.code}, ${compiled.detail}`);
  const { tsas } = compiled.value;
  const only = tsas.length === 1 ? tsas[0]?.uri : undefined;
  return {
    compiled: compiled.value,
    hash: toHex(compiled.value.trustId),
    expired: state === "expired",
    nameOfLog: (url) => config.logs.find((log) => sameUrl(log.url, url))?.name ?? url,
    // A domain configures one timestamp authority, and it has no name of its own.
    nameOfTsa: (uri) => (uri === only ? `${domain.name}-tsa` : uri),
  };
}

function sameUrl(a: string, b: string): boolean {
  return a.replace(/\/+$/, "") === b.replace(/\/+$/, "");
}

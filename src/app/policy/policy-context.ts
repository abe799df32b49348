import { isTimeZone } from "../../core/policy/build-window.ts";
import type { PatternEngine, PolicyContext, TrustDomainKnowledge } from "../../core/policy/read/context.ts";
import type { UnixMs } from "../../core/time.ts";
import type { Config, TrustDomainConfig } from "../config/config.ts";

/**
 * What a configuration knows for a policy to be read against. A list that is empty is not known, rather than known to have
 * nothing in it: a policy can be checked where no installation is configured.
 */
export function toPolicyContext(
  config: Config,
  {
    now,
    purpose,
    patterns,
  }: { readonly now: UnixMs; readonly purpose: PolicyContext["purpose"]; readonly patterns: PatternEngine },
): PolicyContext {
  const { clusters, trust, witnesses, notation } = config;
  return {
    now,
    purpose,
    patterns,
    isTimeZone,
    clusters: Object.fromEntries(
      clusters.flatMap(({ name, issuer, issuerType }) =>
        issuer === undefined ? [] : [[name, { issuer, issuerType }] as const],
      ),
    ),
    ...(trust.domains.length > 0 && {
      domains: Object.fromEntries(trust.domains.map((domain) => [domain.name, toKnowledge(domain, config)])),
    }),
    ...(witnesses.length > 0 && { witnesses: witnesses.map(({ name }) => name) }),
    ...(notation.trustStores.length > 0 && { trustStores: notation.trustStores.map(({ name }) => name) }),
    placements: placementsOf(config),
  };
}

/** The logs of a preset are in its root, which is not read for this. */
function toKnowledge({ logs, preset }: TrustDomainConfig, config: Config): TrustDomainKnowledge {
  const known = config.logs.filter(({ name }) => logs.includes(name)).map(({ name, type }) => ({ name, type }));
  return { ...(logs.length > 0 && { logs: known }), isPublic: preset === "sigstore-public" };
}

/** The first that matches wins, so each is without the images of those before it. */
function placementsOf({ placements }: Config): NonNullable<PolicyContext["placements"]> {
  return placements.map(({ match, domain }, i) => ({
    images: match.repositories,
    except: placements.slice(0, i).flatMap((earlier) => earlier.match.repositories),
    domain,
  }));
}
